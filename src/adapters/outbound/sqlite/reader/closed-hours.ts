import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { HOUR } from '#domain/time/time';
import type { TimeWindow } from '#domain/time/time-window';
import { validHours } from '../format/hour-sums.ts';
import { Marks } from '../format/marks.ts';
import type { StreamTables } from '../format/stream-tables.ts';
import { bounded } from './history-reader.ts';

/** Lists the closed hours of one stream whose sums are valid. */
export function validHoursSql(tables: StreamTables): string {
  return `SELECT c.hour AS hour FROM ${validHours(tables)} ORDER BY c.hour`;
}

/** Splits windows into closed hours, whose sums are stored, and the rest, which has to be summed from readings. */
export class ClosedHours {
  readonly #marks: Marks;
  readonly #validHours: StatementSync;

  constructor(database: DatabaseSync, tables: StreamTables) {
    this.#marks = new Marks(database);
    this.#validHours = database.prepare(validHoursSql(tables));
  }

  /** The whole hours of a window, as parameters of `validHours`. */
  bounds({ from, to }: TimeWindow) {
    return {
      firstHour: Math.ceil(bounded(from) / HOUR),
      endHour: Math.floor(bounded(to) / HOUR),
      horizonHour: Math.floor(bounded(this.#horizon()) / HOUR),
    };
  }

  /** The parts of a window that no valid hour covers, from the horizon on, each as long as possible. */
  uncovered(window: TimeWindow): TimeWindow[] {
    const rest = this.fromHorizon(window);
    const windows: TimeWindow[] = [];
    let from = rest.from;
    for (const row of this.#validHours.iterate(this.bounds(window))) {
      const hour = Number(row.hour) * HOUR;
      if (hour > from) windows.push({ from, to: Math.min(hour, rest.to) });
      from = Math.max(from, hour + HOUR);
    }
    if (from < rest.to) windows.push({ from, to: rest.to });
    return windows;
  }

  /** A window without what lies before the horizon. */
  fromHorizon({ from, to }: TimeWindow): TimeWindow {
    return { from: Math.max(from, this.#horizon()), to };
  }

  #horizon(): number {
    return this.#marks.get('horizon') ?? -Infinity;
  }
}
