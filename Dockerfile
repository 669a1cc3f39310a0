# The image that the pre-commit hook insplint-docker runs in. It holds the binary,
# and the certificates by which it knows the vendor's hosts.
FROM golang:1.26 AS build
WORKDIR /insplint
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -o bin/insplint .

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /insplint/bin/insplint /usr/local/bin/
ENTRYPOINT ["insplint"]
