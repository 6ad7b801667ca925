/**
 * Every telemetry stream of the engine, by its kind: one line each. A new stream is its file and its line here.
 */
export { meterStream as meter } from './meter-stream.ts';
export { vehicleStream as vehicle } from './vehicle-stream.ts';
