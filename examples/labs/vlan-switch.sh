# A switch with three ports: p1 is in VLAN 10, p2 in VLAN 20, the trunk (port 3) carries both with their tags.
set -e
cat > /run/vlans <<'END'
vlan/create 10
vlan/create 20
port/create 1
port/create 2
port/create 3
port/setvlan 1 10
port/setvlan 2 20
vlan/addport 10 3
vlan/addport 20 3
END
vde_switch -s /run/switch -M /run/switch.mgmt -f /run/vlans -d
vde_plug packet://p1 '/run/switch[1]' &
vde_plug packet://p2 '/run/switch[2]' &
vde_plug packet://trunk '/run/switch[3]' &
wait
