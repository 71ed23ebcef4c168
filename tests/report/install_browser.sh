#!/bin/sh
# Installs Chromium where Debian's package can be; elsewhere the tests of pages skip and say so.
set -eu
command -v chromium >/dev/null && exit 0
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
    echo "not installed: chromium"
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq -y --no-install-recommends install chromium >/dev/null
