# syntax=docker/dockerfile:1

# One static binary in an empty image: no shell, no libc, not root. The root
# file system may be read-only; /data holds database, keys and certificates.
FROM golang:1.26-bookworm AS source
WORKDIR /src
ENV CGO_ENABLED=0 GOTOOLCHAIN=local
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN mkdir -p /out && go run ./cmd/berlaku openapi > /out/openapi.json

# The installable apps, with the types of the API as the routes are now.
FROM node:20-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY --from=source /out/openapi.json /src/.cache/openapi.json
COPY internal/words /src/internal/words
COPY api/assets /src/api/assets
COPY web ./
RUN npm run types && npm run build

FROM source AS build
ARG VERSION=dev
COPY --from=web /src/web/dist web/dist
RUN mkdir -p /out/root/etc/ssl/certs \
    && go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/root/berlaku ./cmd/berlaku \
    && cp /etc/ssl/certs/ca-certificates.crt /out/root/etc/ssl/certs/ \
    && install -d -m 0700 -o 65532 -g 65532 /out/root/data

FROM scratch
COPY --from=build /out/root/ /
USER 65532:65532
ENV BERLAKU_DATA_DIR=/data \
    BERLAKU_ADDR=0.0.0.0:8080 \
    BERLAKU_ALLOW_PUBLIC=true
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=4s --start-period=30s --retries=3 CMD ["/berlaku", "healthcheck"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/berlaku"]
CMD ["serve"]
