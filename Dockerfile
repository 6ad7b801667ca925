# The image of the service. `docker compose up --build` runs it with MongoDB; on its own it stores its data in /data:
#   docker build -t energy-ingestion-engine .
#   docker run --restart unless-stopped -p 127.0.0.1:3000:3000 -e EIE_AUTH=off -v energy:/data energy-ingestion-engine

FROM node:26-slim AS base
WORKDIR /app

# The image has its own Node, so the install script of the dev dependency `node` is not needed.
FROM base AS build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.ts scripts/
COPY src src
# --omit=optional removes TypeScript, too, which would stay as the optional peer of a library.
RUN node scripts/build.ts && npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM base
# The loopback interface of a container cannot be reached from outside, so listen on all of them. The service starts only
# with EIE_API_KEYS_FILE or an explicit EIE_AUTH=off, set by whoever decides where the port is published.
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
# Node is process 1 and receives SIGTERM itself, with no shell or npm in between; it stays so when it adds V8's flags.
ENTRYPOINT ["node", "dist/main.js"]
