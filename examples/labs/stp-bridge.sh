# A bridge of all ports, with an address and a priority; the least forward delay that 802.1D allows.
set -e
ip link add br0 type bridge stp_state 1 priority "$2" forward_delay 200 hello_time 100
for port in p1 p2; do ip link set "$port" master br0; done
ip addr add "$1" dev br0
ip link set br0 up
