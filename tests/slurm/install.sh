#!/bin/sh
# Installs Slurm where Debian's packages can be; elsewhere the tests say what they lack and skip.
set -eu
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
for program in munged slurmctld slurmd sbatch; do
    command -v "$program" >/dev/null || absent="${absent:-} $program"
done
[ -n "${absent:-}" ] || exit 0
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
    echo "not installed:$absent"
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq -y --no-install-recommends install slurmctld slurmd slurm-client munge >/dev/null
