"""What QGIS makes of the services; run by the Python that QGIS is installed for, prints JSON.

python3 qgis_session.py load <landing page> <collection>...
python3 qgis_session.py edit <landing page> <collection> <id> <property> <value> <degrees east>
python3 qgis_session.py draw <address of the tiles> <west,south,east,north> <image>
"""

import faulthandler
import json
import sys

from qgis.core import (
    QgsApplication,
    QgsBlockingNetworkRequest,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsFeatureRequest,
    QgsFillSymbol,
    QgsGeometry,
    QgsJsonExporter,
    QgsLineSymbol,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsMarkerSymbol,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorTileBasicRenderer,
    QgsVectorTileBasicRendererStyle,
    QgsVectorTileLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QSize, QUrl
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtNetwork import QNetworkRequest

CGCS2000 = "EPSG:4490"


def layer_of(landing_page, collection):
    """Open a collection with QGIS's own provider for OGC API – Features."""
    return QgsVectorLayer(f"url='{landing_page}' typename='{collection}'", collection, "OAPIF")


def load(landing_page, *collections):
    """Read every feature of each collection."""
    found = {}
    for name in collections:
        layer = layer_of(landing_page, name)
        features = list(layer.getFeatures()) if layer.isValid() else []
        extent = QgsRectangle()
        for feature in features:
            extent.combineExtentWith(feature.geometry().boundingBox())
        to_4490 = QgsCoordinateTransform(
            layer.crs(), QgsCoordinateReferenceSystem(CGCS2000), QgsCoordinateTransformContext()
        )
        found[name] = {
            "valid": layer.isValid(),
            "crs": layer.crs().authid(),
            "count": len(features),
            "ids": sorted({str(feature["id"]) for feature in features})[:3] if features else [],
            "fields": [field.name() for field in layer.fields()],
            "extent": edges(extent),
            "extent_4490": edges(to_4490.transformBoundingBox(extent)) if features else [],
        }
    return found


def window(landing_page, collection, box):
    """Count the features of a window, as a map that shows just this window does."""
    layer = layer_of(landing_page, collection)
    request = QgsFeatureRequest(QgsRectangle(*map(float, box.split(","))))
    return {"count": sum(1 for _ in layer.getFeatures(request.setFlags(QgsFeatureRequest.ExactIntersect)))}


def edges(box):
    """West, south, east, north."""
    return [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()]


def edit(landing_page, collection, item, name, value, east):
    """Change an attribute and move the geometry in an edit session, send the feature back in EPSG:4490."""
    source = layer_of(landing_page, collection)
    kind = QgsWkbTypes.displayString(source.wkbType())
    copy = QgsVectorLayer(f"{kind}?crs={CGCS2000}", "copy", "memory")
    copy.dataProvider().addAttributes(source.fields().toList())
    copy.updateFields()
    # every iterator is read to its end: one left open is stopped beside its download, and may crash
    (original,) = [each for each in source.getFeatures() if str(each["id"]) == item]
    feature = QgsFeature(copy.fields())
    feature.setAttributes(original.attributes())
    feature.setGeometry(original.geometry())
    copy.dataProvider().addFeatures([feature])
    (feature,) = list(copy.getFeatures())
    copy.startEditing()
    copy.changeAttributeValue(feature.id(), copy.fields().indexOf(name), value)
    moved = QgsGeometry(feature.geometry())
    moved.translate(float(east), 0)
    copy.changeGeometry(feature.id(), moved)
    committed = copy.commitChanges()
    (edited,) = list(copy.getFeatures())
    return {"committed": committed, **send(landing_page, collection, item, edited)}


def send(landing_page, collection, item, feature):
    """Put a feature back as a client does that has read its ETag."""
    address = f"{landing_page}/collections/{collection}/items/{item}"
    reading = QgsBlockingNetworkRequest()
    reading.get(QNetworkRequest(QUrl(address)))
    exporter = QgsJsonExporter()
    exporter.setTransformGeometries(False)
    exporter.setPrecision(15)
    flipped = QgsFeature(feature)
    geometry = QgsGeometry(feature.geometry())
    geometry.get().swapXy()  # EPSG:4490 is latitude first by its authority
    flipped.setGeometry(geometry)
    document = json.loads(exporter.exportFeature(flipped))
    document["id"] = item
    document["properties"].pop("id", None)
    request = QNetworkRequest(QUrl(address))
    request.setRawHeader(b"Content-Type", b"application/geo+json")
    request.setRawHeader(b"Content-Crs", b"<http://www.opengis.net/def/crs/EPSG/0/4490>")
    read = reading.reply()
    name = next(each for each in read.rawHeaderList() if bytes(each).lower() == b"etag")
    request.setRawHeader(b"If-Match", read.rawHeader(name))
    writing = QgsBlockingNetworkRequest()
    writing.put(request, json.dumps(document).encode())
    reply = writing.reply()
    status = reply.attribute(QNetworkRequest.HttpStatusCodeAttribute)
    return {"status": status, "answer": bytes(reply.content()).decode()[:500]}


def draw(address, box, image):
    """Draw vector tiles in colours of our own and count the pixels of each."""
    layer = QgsVectorTileLayer(f"type=xyz&url={address}&zmin=0&zmax=14", "tiles")
    styles = []
    for geometry, symbol in (
        (
            QgsWkbTypes.PolygonGeometry,
            QgsFillSymbol.createSimple({"color": "#c81e1e", "outline_style": "no"}),
        ),
        (QgsWkbTypes.LineGeometry, QgsLineSymbol.createSimple({"color": "#1e3cc8", "width": "0.6"})),
        (QgsWkbTypes.PointGeometry, QgsMarkerSymbol.createSimple({"color": "#c81e1e", "size": "3"})),
    ):
        style = QgsVectorTileBasicRendererStyle("style", "", geometry)
        style.setSymbol(symbol)
        style.setEnabled(True)
        styles.append(style)
    renderer = QgsVectorTileBasicRenderer()
    renderer.setStyles(styles)
    layer.setRenderer(renderer)
    settings = QgsMapSettings()
    settings.setLayers([layer])
    mercator = QgsCoordinateReferenceSystem("EPSG:3857")
    settings.setDestinationCrs(mercator)
    to_mercator = QgsCoordinateTransform(
        QgsCoordinateReferenceSystem("EPSG:4326"), mercator, QgsCoordinateTransformContext()
    )
    settings.setExtent(to_mercator.transformBoundingBox(QgsRectangle(*map(float, box.split(",")))))
    settings.setOutputSize(QSize(512, 512))
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    picture = job.renderedImage()
    picture.save(image)
    white = QColor("white").rgb()
    painted = sum(picture.pixel(x, y) != white for x in range(512) for y in range(512))
    return {"valid": layer.isValid(), "painted": painted, "errors": [each.message for each in job.errors()]}


def main():
    """Run one command in an application without a screen."""
    faulthandler.enable()
    command, *arguments = sys.argv[1:]
    application = QgsApplication([], False)
    application.initQgis()
    try:
        answer = {"load": load, "window": window, "edit": edit, "draw": draw}[command](*arguments)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    finally:
        application.exitQgis()


main()
