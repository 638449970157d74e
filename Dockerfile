# docker build --build-arg VERSION=v1.2.3 --build-arg COMMIT="$(git rev-parse HEAD)" -t rollcall .

# The compiler runs on the building machine's own platform, and builds for the wanted one.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
# Modules change less often than code: a layer of their own is fetched once.
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH
# .git is not sent to the builder, so what is built is told from outside.
ARG VERSION=dev COMMIT=unknown
# Without cgo nothing is linked at run time: the binary needs no files below it.
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath \
    -ldflags="-s -w -X main.version=$VERSION -X main.commit=$COMMIT" \
    -o /rollcall ./cmd/rollcall

FROM scratch
# To check the providers' certificates. Time zones are in the binary.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /rollcall /rollcall
# By number: there is no /etc/passwd, and Kubernetes' runAsNonRoot looks at the number.
USER 65532:65532
# Health, metrics and hooks of `serve`. Its probe is `/rollcall healthcheck`; no
# HEALTHCHECK here, because `sync` listens on nothing and is healthy all the same.
EXPOSE 8080
ENTRYPOINT ["/rollcall"]
