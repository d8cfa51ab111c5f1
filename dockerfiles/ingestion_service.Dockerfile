# The ingestion service: packages are installed in one stage, and copied without any tool into the next.
ARG BASE=python:3.12-slim@sha256:78387bc3881b8273120a12ebe6c1ab22b018ccc2c9adf565ae1ac9b536e184ea

FROM ${BASE} AS packages
COPY requirements/ingestion_service.txt /requirements.txt
# For a package index of one's own, a pip.conf and its certificates may be handed in as secrets; they leave no trace.
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=secret,id=ca,target=/etc/pip-ca.pem \
    python -m venv /opt/packages \
    && /opt/packages/bin/pip install --no-cache-dir --prefer-binary -r /requirements.txt \
    && /opt/packages/bin/pip uninstall --yes pip setuptools \
    && find /opt/packages -type d \( -name tests -o -name test \) -prune -exec rm -rf {} +

FROM ${BASE}
ARG VERSION=0.2.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="stockcast-ingestion" \
      org.opencontainers.image.description="Stockcast's price keeper" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="MIT"
COPY --from=packages /opt/packages /opt/packages
WORKDIR /app
COPY common common
COPY ingestion_service ingestion_service
# The root may be read-only: bytecode is made here, and whatever wants a home or a cache finds /tmp.
RUN python -m compileall -q .
ENV PATH=/opt/packages/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    LISTEN_ADDRESS=0.0.0.0:6001 \
    HEALTH_ADDRESS=0.0.0.0:8081
USER 10001:10001
EXPOSE 6001 8081
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8081/livez', timeout=2)"]
CMD ["python", "-m", "ingestion_service"]
