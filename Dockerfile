# syntax=docker/dockerfile:1

# The site as an image: the program, the C library it is linked with, the certificates of the public
# authorities, an account. No shell, nothing to write to.
#
#   docker build --tag mini-site .                     the site
#   docker build --target tools --tag mini-site-tools .   the site's commands beside PostgreSQL's own:
#                                                         dump, restore, bin/backup, bin/directus role

# The compiler of rust-toolchain.toml (held by a test).
FROM rust:1.95.0-slim-trixie AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
WORKDIR /build
COPY . .
ENV SQLX_OFFLINE=true
# The caches live on the machine that builds: after a change the project alone is compiled again.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target,sharing=locked \
    cargo build --release --locked --bin mini-site \
    && install -D -s target/release/mini-site /image/usr/local/bin/mini-site
# The libraries that ldd names, at the same places; names are looked up in /etc/hosts, then by DNS.
RUN ldd /image/usr/local/bin/mini-site | grep -o '/[^ ]*' | xargs -I '{}' cp -L --parents '{}' /image \
    && mkdir -p /image/etc/ssl/certs \
    && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
    && echo 'hosts: files dns' >/image/etc/nsswitch.conf \
    && echo 'mini-site:x:65532:65532::/:/sbin/nologin' >/image/etc/passwd \
    && echo 'mini-site:x:65532:' >/image/etc/group

# PostgreSQL's programs of the same version as the server of compose.yaml (held by a test).
FROM postgres:16-trixie AS tools
COPY --from=build /image/usr/local/bin/mini-site /usr/local/bin/mini-site
COPY bin /mini-site/bin
COPY directus /mini-site/directus
WORKDIR /mini-site
USER 999:999
ENTRYPOINT []
CMD ["mini-site", "check"]

FROM scratch AS site
COPY --from=build /image /
USER 65532:65532
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/usr/local/bin/mini-site", "health"]
ENTRYPOINT ["/usr/local/bin/mini-site"]
CMD ["serve"]
