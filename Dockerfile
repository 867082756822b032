# syntax=docker/dockerfile:1

# One static binary in an empty image: no shell, no libc, not root. The root
# file system may be read-only; /data holds database and keys.
FROM golang:1.26-bookworm AS build
WORKDIR /src
ENV CGO_ENABLED=0 GOTOOLCHAIN=local
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN mkdir -p /out/etc/ssl/certs \
    && go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/berlaku ./cmd/berlaku \
    && cp /etc/ssl/certs/ca-certificates.crt /out/etc/ssl/certs/ \
    && install -d -m 0700 -o 65532 -g 65532 /out/data

FROM scratch
COPY --from=build /out/ /
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
