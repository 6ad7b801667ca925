# The image of the service. `docker compose up --build` runs it with MongoDB; by itself it keeps its data in /data:
#   docker build -t energy-ingestion-engine .
#   docker run --restart unless-stopped -p 127.0.0.1:3000:3000 -e EIE_AUTH=off -v energy:/data energy-ingestion-engine

FROM node:26-slim AS base
WORKDIR /app

# The image has its own Node: the dev dependency that brings one for a bare machine need not run its install script.
FROM base AS build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.ts scripts/
COPY src src
# "optional" takes TypeScript along, which is an optional peer of a library and stays otherwise.
RUN node scripts/build.ts && npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM base
# Inside a container the loopback interface is nobody's: listen on all. The service refuses to do so without keys until
# EIE_AUTH=off is said aloud, by whoever runs the container and decides where its port is published.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 EIE_DATA_DIR=/data
RUN mkdir /data && chown node:node /data
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
USER node
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/ready`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Node is process 1 and receives SIGTERM itself: no shell or npm in between. It stays process 1 when it adds V8's flags.
ENTRYPOINT ["node", "dist/main.js"]
