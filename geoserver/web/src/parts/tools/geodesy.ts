/** Lengths and areas on the ellipsoid of CGCS2000 (GRS 80), never in the plane of the map. */

import type { Position } from "geojson";

export type Place = [lng: number, lat: number];

const AXIS = 6_378_137;
const FLATTENING = 1 / 298.257222101;
const POLAR_AXIS = AXIS * (1 - FLATTENING);
const E2 = FLATTENING * (2 - FLATTENING);
const E = Math.sqrt(E2);
const CONVERGED = 1e-12;
const ROUNDS = 100;

const radians = (degrees: number): number => (degrees * Math.PI) / 180;
const degrees = (angle: number): number => (angle * 180) / Math.PI;

interface Series {
  a: number;
  b: number;
}

/** Vincenty's series in u². */
function series(squaredU: number): Series {
  return {
    a: 1 + (squaredU / 16384) * (4096 + squaredU * (-768 + squaredU * (320 - 175 * squaredU))),
    b: (squaredU / 1024) * (256 + squaredU * (-128 + squaredU * (74 - 47 * squaredU))),
  };
}

function correction(b: number, sine: number, cosine: number, middle: number): number {
  const inner = cosine * (-1 + 2 * middle ** 2) - (b / 6) * middle * (-3 + 4 * sine ** 2) * (-3 + 4 * middle ** 2);
  return b * sine * (middle + (b / 4) * inner);
}

const curve = (squaredCosine: number): number =>
  (FLATTENING / 16) * squaredCosine * (4 + FLATTENING * (4 - 3 * squaredCosine));

/** Metres of the geodesic between two places (Vincenty 1975); along the sphere for nearly opposite ones. */
export function distance([lng1, lat1]: Place, [lng2, lat2]: Place): number {
  const between = radians(lng2 - lng1);
  const [u1, u2] = [lat1, lat2].map((lat) => Math.atan((1 - FLATTENING) * Math.tan(radians(lat)))) as [number, number];
  const [sin1, cos1, sin2, cos2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)];
  let lambda = between;
  for (let round = 0; round < ROUNDS; round++) {
    const sine = Math.hypot(cos2 * Math.sin(lambda), cos1 * sin2 - sin1 * cos2 * Math.cos(lambda));
    if (sine === 0) return 0;
    const cosine = sin1 * sin2 + cos1 * cos2 * Math.cos(lambda);
    const sigma = Math.atan2(sine, cosine);
    const azimuth = (cos1 * cos2 * Math.sin(lambda)) / sine;
    const squaredCosine = 1 - azimuth ** 2;
    const middle = squaredCosine === 0 ? 0 : cosine - (2 * sin1 * sin2) / squaredCosine;
    const c = curve(squaredCosine);
    const next =
      between + (1 - c) * FLATTENING * azimuth * (sigma + c * sine * (middle + c * cosine * (-1 + 2 * middle ** 2)));
    if (Math.abs(next - lambda) < CONVERGED) {
      const { a, b } = series((squaredCosine * (AXIS ** 2 - POLAR_AXIS ** 2)) / POLAR_AXIS ** 2);
      return POLAR_AXIS * a * (sigma - correction(b, sine, cosine, middle));
    }
    lambda = next;
  }
  return MEAN_RADIUS * Math.acos(Math.sin(radians(lat1)) * Math.sin(radians(lat2)) + Math.cos(radians(lat1)) * Math.cos(radians(lat2)) * Math.cos(between));
}

const MEAN_RADIUS = (2 * AXIS + POLAR_AXIS) / 3;

/** The place so many metres from another in a direction, degrees clockwise from north (Vincenty 1975). */
export function destination([lng, lat]: Place, metres: number, bearing: number): Place {
  const [sinBearing, cosBearing] = [Math.sin(radians(bearing)), Math.cos(radians(bearing))];
  const tanU = (1 - FLATTENING) * Math.tan(radians(lat));
  const cosU = 1 / Math.hypot(1, tanU);
  const sinU = tanU * cosU;
  const start = Math.atan2(tanU, cosBearing);
  const azimuth = cosU * sinBearing;
  const squaredCosine = 1 - azimuth ** 2;
  const { a, b } = series((squaredCosine * (AXIS ** 2 - POLAR_AXIS ** 2)) / POLAR_AXIS ** 2);
  const first = metres / (POLAR_AXIS * a);
  let sigma = first;
  let middle = Math.cos(2 * start + sigma);
  for (let round = 0; round < ROUNDS; round++) {
    const next = first + correction(b, Math.sin(sigma), Math.cos(sigma), middle);
    const done = Math.abs(next - sigma) < CONVERGED;
    sigma = next;
    middle = Math.cos(2 * start + sigma);
    if (done) break;
  }
  const [sine, cosine] = [Math.sin(sigma), Math.cos(sigma)];
  const crossed = sinU * sine - cosU * cosine * cosBearing;
  const lat2 = Math.atan2(sinU * cosine + cosU * sine * cosBearing, (1 - FLATTENING) * Math.hypot(azimuth, crossed));
  const lambda = Math.atan2(sine * sinBearing, cosU * cosine - sinU * sine * cosBearing);
  const c = curve(squaredCosine);
  const away = lambda - (1 - c) * FLATTENING * azimuth * (sigma + c * sine * (middle + c * cosine * (-1 + 2 * middle ** 2)));
  return [lng + degrees(away), degrees(lat2)];
}

/** Metres along a line. */
export function lengthOf(places: readonly Position[]): number {
  return places.slice(1).reduce((sum, place, at) => sum + distance(places[at] as Place, place as Place), 0);
}

/** Twice the area between the equator and a latitude on a strip of one radian, over the squared polar quantity. */
function authalic(sine: number): number {
  return (1 - E2) * (sine / (1 - E2 * sine ** 2) + Math.atanh(E * sine) / E);
}

const POLE = authalic(1);
/** Of the sphere that has the area of the ellipsoid. */
const AUTHALIC_RADIUS = AXIS * Math.sqrt(POLE / 2);

/**
 * Square metres within a ring, whichever way it turns: on the sphere of equal area, with edges that are
 * great circles there. Within a millionth of the geodesic polygon for edges up to a hundred kilometres.
 */
export function areaOf(ring: readonly Position[]): number {
  const points = ring.map(([lng = 0, lat = 0]) => [radians(lng), authalic(Math.sin(radians(lat))) / POLE] as const);
  let excess = 0;
  for (let at = 0; at < points.length; at++) {
    const [from, to] = [points[at], points[(at + 1) % points.length]];
    if (!from || !to) continue;
    const [t1, t2] = [from, to].map(([, sine]) => sine / (1 + Math.sqrt(1 - sine ** 2))) as [number, number];
    const across = Math.tan((to[0] - from[0]) / 2);
    excess += 2 * Math.atan((across * (t1 + t2)) / (1 + t1 * t2));
  }
  return Math.abs(excess) * AUTHALIC_RADIUS ** 2;
}

/** A ring at a distance around a place. */
export function circle(centre: Place, metres: number, corners = 64): Place[] {
  const ring = Array.from({ length: corners }, (_, at) => destination(centre, metres, (360 * at) / corners));
  return [...ring, ring[0] as Place];
}
