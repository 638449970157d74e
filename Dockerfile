# docker build --build-arg VERSION=v1.2.3 --build-arg COMMIT="$(git rev-parse HEAD)" -t rollcall .

# The compiler runs on the platform of the building machine and compiles for the target.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
# Modules change less often than code: their own layer stays in the cache.
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH
# .git is not sent to the builder: the version comes from build arguments.
ARG VERSION=dev COMMIT=unknown
# Without cgo nothing is linked at run time, so the binary needs no other file.
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath \
    -ldflags="-s -w -X main.version=$VERSION -X main.commit=$COMMIT" \
    -o /rollcall ./cmd/rollcall

FROM scratch
# CA certificates of the providers. Time zones are in the binary.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /rollcall /rollcall
# By number: there is no /etc/passwd, and Kubernetes' runAsNonRoot checks the number.
USER 65532:65532
# Health, metrics and webhooks of `serve`, whose probe is `/rollcall healthcheck`.
# There is no HEALTHCHECK here because `sync` does not listen.
EXPOSE 8080
ENTRYPOINT ["/rollcall"]
