#!/bin/sh
# Keeps a service's key in etcd's v2 store as long as the service runs. It needs only sh and curl, for images without
# hitless-register. It can do less: no v3 store, no readiness check, one node, and it takes a key that has our own
# value for ours.
#
#   register.sh KEY VALUE COMMAND [ARGUMENT]...
#   ETCD=http://etcd:2379 register.sh "/app/servers/$HOSTNAME" 10.0.0.7:8080 ./my-service --flag
#
# ETCD: the node (default http://127.0.0.1:2379)   TTL: seconds (default 15)   DRAIN: seconds between the
# deregistration and the signal to the command (default 1)
# It ends with the command's status; 2: wrong usage; 123: another instance holds the key.
set -u

if [ $# -lt 3 ]; then
    sed -n '6,10s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
key=$1 value=$2
shift 2
url=${ETCD:-http://127.0.0.1:2379}/v2/keys$key
ttl=${TTL:-15}
drain=${DRAIN:-1}
main=$$

say() {
    echo "register.sh: $*" >&2
}

# An HTTP status: 000 when there is no answer.
put() {
    curl -s -o /dev/null -w '%{http_code}' --max-time 5 -X PUT "$url" -d "ttl=$ttl" "$@"
}

# Renews the key, without an event for watchers, or sets it when it isn't there.
keep() {
    status=$(put -d refresh=true -d prevExist=true --data-urlencode "prevValue=$value")
    [ "$status" = 404 ] || return 0
    status=$(put -d prevExist=false --data-urlencode "value=$value")
    [ "$status" = 201 ] && say "registered $key = $value"
}

# Runs beside the command until it is told to stop. A request that is under way is finished first.
keep_on() {
    mine=no told=no sleeper=
    trap 'kill $sleeper 2>/dev/null; exit' TERM
    while :; do
        keep
        case $status in
        2*) mine=yes told=no ;;
        412)
            if [ $mine = yes ]; then
                say "$key was taken over by somebody else: not registering any more"
            else
                say "$key is held by another instance"
                kill -USR1 $main
            fi
            return
            ;;
        *)
            [ $told = yes ] || say "etcd doesn't set $key (HTTP $status); trying on"
            told=yes
            ;;
        esac
        sleep $(((ttl + 2) / 3)) &
        sleeper=$!
        wait $sleeper
    done
}

# Removes the key, if it still has our value.
deregister() {
    kill -TERM $keeper 2>/dev/null
    wait $keeper
    status=$(curl -s -o /dev/null -w '%{http_code}' --max-time 3 -G -X DELETE \
        --data-urlencode "prevValue=$value" "$url")
    case $status in
    200) say "deregistered $key" ;;
    404) ;;
    412) say "$key is left alone: somebody else has taken it" ;;
    *) say "$key couldn't be removed (HTTP $status): it goes away within $ttl s" ;;
    esac
}

# stop SIGNAL [STATUS]: deregister, drain, pass the signal on, and end with the command's status or STATUS.
stop() {
    trap 'kill -TERM $child' TERM INT # in a hurry
    trap '' USR1
    deregister
    sleep "$drain" &
    wait $!
    kill -"$1" $child 2>/dev/null
    code=0
    while kill -0 $child 2>/dev/null; do
        wait $child
        code=$?
    done
    exit "${2:-$code}"
}

"$@" &
child=$!
keep_on &
keeper=$!
trap 'stop TERM' TERM
trap 'stop INT' INT
trap 'stop TERM 123' USR1
wait $child
code=$?
trap '' TERM INT USR1
deregister
exit $code
