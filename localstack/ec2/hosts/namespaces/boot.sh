#!/usr/bin/env bash
# The first process of a host. It was started in the host's own namespaces; it makes the root file system, goes there
# for good, runs the user data, and then does what an init must: outlive it, and collect what orphans leave.
# namespace-host.ts sets the variables. The arguments, NAME=VALUE, are the environment of the user data.
set -euo pipefail
: "${HOST_FOLDER:?}" "${HOST_ROOT:?}" "${HOST_NAME:?}" "${HOST_CGROUPS:?}" "${HOST_SHM_MIB:?}"
readonly root=$HOST_FOLDER/root

# --- the root file system: the machine's own, or another, below a layer that takes what the host writes
mount_root() {
  mount -t overlay overlay -o "lowerdir=$HOST_ROOT,upperdir=$HOST_FOLDER/upper,workdir=$HOST_FOLDER/work" "$root"
}
if ! mount_root 2>/dev/null; then
  # Not every file system can be the upper layer; memory can.
  mount -t tmpfs tmpfs "$HOST_FOLDER/memory"
  mkdir "$HOST_FOLDER/memory/"{upper,work}
  mount -t overlay overlay \
    -o "lowerdir=$HOST_ROOT,upperdir=$HOST_FOLDER/memory/upper,workdir=$HOST_FOLDER/memory/work" "$root"
fi
cd "$root"
mkdir -p proc sys dev tmp run root etc usr/local/sbin var/lib/cloud/instance/scripts

mount -t proc -o nosuid,nodev,noexec proc proc
for path in sys irq bus sysrq-trigger; do # what would reach the machine
  [[ -e proc/$path ]] || continue
  mount --bind "proc/$path" "proc/$path"
  mount -o remount,bind,ro "proc/$path"
done

mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
if [[ $HOST_CGROUPS == unified=* ]]; then
  mount --bind -o ro "${HOST_CGROUPS#*=}" sys/fs/cgroup
else
  mount -t tmpfs -o mode=755,nosuid,nodev,noexec cgroup sys/fs/cgroup
  for pair in $HOST_CGROUPS; do
    mkdir "sys/fs/cgroup/${pair%%=*}"
    mount --bind "${pair#*=}" "sys/fs/cgroup/${pair%%=*}"
    mount -o remount,bind,ro "sys/fs/cgroup/${pair%%=*}"
  done
  mount -o remount,ro sys/fs/cgroup
fi

mount -t tmpfs -o mode=755,nosuid dev dev
mkdir dev/pts dev/shm
for device in null zero full random urandom tty; do
  : >"dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,nosuid,noexec devpts dev/pts
mount -t tmpfs -o "mode=1777,nosuid,nodev,size=${HOST_SHM_MIB}m" shm dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr

# The machine's own are not the host's.
mount --bind "$HOST_FOLDER/tmp" tmp
mount --bind "$HOST_FOLDER/home" root
mount -t tmpfs -o mode=755,nosuid,nodev run run
mkdir -p run/lock run/fanfleet
mount --bind "$HOST_FOLDER/control" run/fanfleet
while IFS= read -r path; do
  [[ -n $path ]] || continue
  mkdir -p "$root$path"
  mount --bind "$path" "$root$path"
  mount -o remount,bind,ro "$root$path"
done <<<"${HOST_MOUNTS:-}"

# --- who it is
hostname "$HOST_NAME"
rm -f etc/hostname etc/hosts etc/resolv.conf
echo "$HOST_NAME" >etc/hostname
cp "$HOST_FOLDER/etc/"* etc/
while IFS= read -r path; do
  if [[ -n $path ]]; then cp -R --parents "$path" .; fi
done <<<"${HOST_COPIES:-}"
for folder in usr/local/sbin usr/sbin; do
  for name in shutdown poweroff halt reboot; do
    rm -f "$folder/$name"
    cp "$HOST_FOLDER/shutdown" "$folder/$name"
  done
done
readonly user_data=/var/lib/cloud/instance/scripts/part-001
if [[ -f $HOST_FOLDER/user-data ]]; then install -m 700 "$HOST_FOLDER/user-data" ".$user_data"; fi
mkfifo -m 600 run/init
exec 9<>run/init # never has anything to read
rm run/init

# --- from here on nothing of the machine can be seen
pivot_root . .
umount -l .
cd /
exec 3>&1 1>&4 2>&4 4>&-             # 4 is the console; 3 tells the endpoint
echo booted >&3
exec 3>&-

# What root may do in a container, less making device files.
readonly capabilities=-all,+chown,+dac_override,+fsetid,+fowner,+net_raw,+setgid,+setuid,+setfcap,+setpcap,+net_bind_service,+sys_chroot,+kill,+audit_write
if [[ -x $user_data ]]; then
  begun=${EPOCHREALTIME/[.,]/}
  (
    echo 100 >/proc/self/oom_score_adj # if memory runs out, not the first process must go
    exec 9>&- </dev/null setpriv --bounding-set="$capabilities" --inh-caps=-all env -i "$@" "$user_data"
  ) &
  status=0
  wait $! || status=$?
  took=$(((${EPOCHREALTIME/[.,]/} - begun) / 100000))
  if ((status > 128)); then
    outcome="was ended by SIG$(kill -l $((status - 128)))"
  else
    outcome="exited with $status"
  fi
  echo "[host] user data $outcome after $((took / 10)).$((took % 10)) s"
fi
exec >&- 2>&-
# A wait for a signal, without a process that would have to be ended: orphans are collected whenever one ends.
while :; do read -r -u 9 || :; done
