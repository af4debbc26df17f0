# The worker, and with another command the server or the CLI. Debian, not Alpine: Temporal's native module
# needs glibc. No install script is needed, so none runs. test/app/image.test.ts starts what is copied here.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts
COPY scripts ./scripts
COPY src ./src
# dist is a link to the build.
RUN npm run build && cp --recursive --dereference dist /built

FROM node:22-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /built ./dist
USER node
CMD ["node", "dist/worker.js"]
