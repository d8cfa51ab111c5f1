# The web server: packages are installed in one stage, and copied without any tool into the next.
ARG BASE=python:3.12-slim@sha256:78387bc3881b8273120a12ebe6c1ab22b018ccc2c9adf565ae1ac9b536e184ea

FROM ${BASE} AS packages
COPY requirements/webserver.txt /requirements.txt
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
LABEL org.opencontainers.image.title="stockcast-web" \
      org.opencontainers.image.description="Stockcast's page and JSON API" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="MIT"
COPY --from=packages /opt/packages /opt/packages
WORKDIR /app
COPY common common
COPY webserver webserver
# The backup of a cluster runs in this image; the rest of local_stack is for one machine.
COPY local_stack/__init__.py local_stack/__init__.py
COPY local_stack/backups local_stack/backups
COPY static static
# The root may be read-only: bytecode is made here, and whatever wants a home or a cache finds /tmp.
RUN python -m compileall -q .
ENV PATH=/opt/packages/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    AUTH=on
# The server is reachable from outside its container, so nothing is open unless the operator opens it.
USER 10001:10001
EXPOSE 5000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:5000/livez', timeout=2)"]
CMD ["gunicorn", "--config", "webserver/gunicorn.conf.py", "--bind", "0.0.0.0:5000", "--worker-tmp-dir", "/tmp", "webserver.app:create_app()"]
