import type { Hono } from 'hono';
import type { ListLiveStates, LiveState, ReadLiveState } from '#application/read-live-state';
import { isDeviceId } from '#domain/reading/device-id';
import { kinds, streams } from '#domain/streams/streams';
import { encodeCursor } from '../wire/cursor.ts';
import { jsonResponse } from '../wire/json-response.ts';
import { Refusal } from '../wire/problem.ts';
import { QueryParameters } from '../wire/query-parameters.ts';
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
      const [limit, after, stale] = [query.limit(), query.cursor(), query.flag('stale')];
      query.check();
      const { devices, next } = await listLiveStates.list(kind, {
        limit,
        stale,
        ...(after === undefined ? {} : { after }),
      });
      const nextCursor = next === null ? null : encodeCursor(next);
      return jsonResponse(c, 200, { data: devices.map(presentLive), nextCursor });
    });

    app.get(`/v1/${plural}/:deviceId/live`, async (c) => {
      const deviceId = c.req.param('deviceId');
      const live = isDeviceId(deviceId) ? await readLiveState.read(kind, deviceId) : undefined;
      if (live === undefined) throw new Refusal('not-found', `No reading of this ${kind} was ever stored.`);
      return jsonResponse(c, 200, presentLive(live));
    });
  }
}

function presentLive({ reading, ageSeconds, stale }: LiveState): Record<string, unknown> {
  return { ...presentReading(reading), ageSeconds, stale };
}
