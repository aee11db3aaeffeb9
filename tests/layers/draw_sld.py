"""Draw GeoJSON with an SLD in QGIS (run by Debian's Python, which has PyQGIS) and print what it made of it.

Arguments: GeoJSON file, SLD file, PNG to write, west, south, east, north.
"""

import json
import os
import sys

from qgis.core import QgsApplication, QgsMapRendererParallelJob, QgsMapSettings, QgsRectangle, QgsVectorLayer
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

features, sld, picture, *edges = sys.argv[1:]
QgsApplication.setPrefixPath("/usr", True)
application = QgsApplication([], False)
application.initQgis()
layer = QgsVectorLayer(features, "layer", "ogr")
message, loaded = layer.loadSldStyle(sld)
renderer = layer.renderer()
rules = renderer.rootRule().descendants() if renderer.type() == "RuleRenderer" else []
settings = QgsMapSettings()
settings.setLayers([layer])
settings.setDestinationCrs(layer.crs())
settings.setExtent(QgsRectangle(*map(float, edges)))
settings.setOutputSize(QSize(400, 400))
settings.setBackgroundColor(QColor("white"))
settings.setFlag(QgsMapSettings.Antialiasing, False)
job = QgsMapRendererParallelJob(settings)
job.start()
job.waitForFinished()
job.renderedImage().save(picture)
labeling = layer.labeling()
sys.stdout.write(
    json.dumps(
        {
            "valid": layer.isValid(),
            "loaded": loaded,
            "message": message,
            "renderer": renderer.type(),
            "filters": [rule.filterExpression() for rule in rules],
            "broken": [
                rule.filterExpression() for rule in rules if rule.filter() and rule.filter().hasParserError()
            ],
            "labels": layer.labelsEnabled(),
            "labeling": labeling.type() if labeling else "",
        }
    )
)
sys.stdout.flush()
os._exit(0)  # QGIS 3.22 takes itself down in the wrong order
