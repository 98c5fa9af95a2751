# One image for every role: consolidation, route, worker, and the command line for jobs by the clock.
#   docker build -t cuntong:0.1.0 .

FROM debian:bookworm-slim AS build

SHELL ["/bin/bash", "-eu", "-o", "pipefail", "-c"]
WORKDIR /app

# Versions of Debian's packages come with the release of the base image; those of Python's are locked by hash.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates make python3.11 python3.11-venv \
    && rm -rf /var/lib/apt/lists/*

# What changes seldom comes first, so that a change of ours downloads nothing.
COPY Makefile ./
COPY protos protos
COPY requirements requirements
RUN make .venv/.run-packages

COPY bin bin
COPY services services
# Machine code for any processor of the architecture: nodes differ from the machine that builds. At start it is copied
# from here to where it may be written, since Numba reads no cache that it could not write.
ENV NUMBA_CPU_NAME=generic NUMBA_CACHE_DIR=/app/kernel
RUN make .venv/.run \
    && .venv/bin/python -m compileall -q services

COPY requirements/sbom.lock requirements/
RUN python3.11 -m venv /sbom \
    && /sbom/bin/python -m pip install --quiet --no-cache-dir --require-hashes --requirement requirements/sbom.lock \
    && /sbom/bin/cyclonedx-py environment --output-reproducible --output-file /app/sbom.cdx.json /app/.venv/bin/python

COPY data data


FROM debian:bookworm-slim

LABEL org.opencontainers.image.title="cuntong" \
      org.opencontainers.image.description="Plans how express parcels reach every village of a county" \
      org.opencontainers.image.licenses="MIT"

# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3.11 tini tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin cuntong

COPY --from=build /app /app

# Large days give their memory back (docs/operations.md, Memory).
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONPATH=/app:/app/services/_generated \
    PYTHONDONTWRITEBYTECODE=1 \
    NUMBA_CPU_NAME=generic \
    NUMBA_CACHE_DIR=/tmp/kernel \
    MALLOC_MMAP_THRESHOLD_=1048576 \
    _RJEM_MALLOC_CONF=dirty_decay_ms:50,muzzy_decay_ms:0

USER 10001:10001
WORKDIR /tmp
# The first program takes up orphans and passes signals on.
ENTRYPOINT ["/usr/bin/tini", "--", "/app/bin/in-image"]
CMD ["cuntong", "--help"]
