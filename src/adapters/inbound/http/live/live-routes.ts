import type { Hono } from 'hono';
import type { ListLiveStates, LiveState, ReadLiveState } from '#application/read-live-state';
import { kinds, streams } from '#domain/streams/streams';
import { nextCursor } from '../wire/cursor.ts';
import { deviceIdOf, unknownDevice } from '../wire/device.ts';
import { jsonResponse } from '../wire/json-response.ts';
import { given, QueryParameters, refuseQuery } from '../wire/query-parameters.ts';
import { presentReading } from '../wire/reading-presenter.ts';

export interface LiveRouteDependencies {
  readonly readLiveState: ReadLiveState;
  readonly listLiveStates: ListLiveStates;
}

/** `GET /v1/<stream>/live` and `GET /v1/<stream>/:deviceId/live`, for every stream. */
export function liveRoutes(app: Hono, { readLiveState, listLiveStates }: LiveRouteDependencies): void {
  for (const kind of kinds) {
    const { plural } = streams[kind];

    app.get(`/v1/${plural}/live`, async (c) => {
      const query = new QueryParameters(c);
      const stale = query.choice('stale', ['true', 'false']);
      const page = { limit: query.limit(), ...given({ after: query.cursor() }) };
      query.check();
      const { devices, next } = await listLiveStates.list(kind, { ...page, ...(stale && { stale: stale === 'true' }) });
      return jsonResponse(c, 200, { data: devices.map(presentLive), nextCursor: nextCursor(next) });
    });

    app.get(`/v1/${plural}/:deviceId/live`, async (c) => {
      refuseQuery(c);
      const live = await readLiveState.read(kind, deviceIdOf(c, kind));
      if (live === undefined) throw unknownDevice(kind);
      return jsonResponse(c, 200, presentLive(live));
    });
  }
}

function presentLive({ reading, ageSeconds, stale }: LiveState): Record<string, unknown> {
  return { ...presentReading(reading), ageSeconds, stale };
}
