#!/bin/sh
# What udhcpc calls with what it was given.
case "$1" in
  deconfig) ip -4 addr flush dev "$interface" ;;
  bound|renew) ip addr replace "$ip/$mask" dev "$interface"; for one in $router; do ip route replace default via "$one"; done ;;
esac
