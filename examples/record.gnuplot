# Delay, loss and rate over time, of what `wirefilter` recorded (record FILE on its console):
#
#     gnuplot -e 'record = "/tmp/record.csv"' examples/record.gnuplot        writes record.png
#
# Columns: 1 time_s, 2 direction, 3 frame, 4 octets, 5 fate, 6 copies, 7 overtakes, 8 delays_ns, 9 flips.
if (!exists("record")) record = "record.csv"
set datafile separator ","
set terminal pngcairo size 1000, 900
set output "record.png"
set multiplot layout 3, 1
set key autotitle columnhead
set xlabel "seconds"

is(direction) = strcol(2) eq direction
sent = "sent"

set ylabel "delay, ms"
plot record using 1:(is("out") && strcol(5) eq sent ? $8 / 1e6 : NaN) with points pointtype 7 pointsize 0.3 title "out", \
     record using 1:(is("in") && strcol(5) eq sent ? $8 / 1e6 : NaN) with points pointtype 7 pointsize 0.3 title "in"

# One bin each 100 ms.
bin(x) = floor(x * 10) / 10.0
set ylabel "lost, % of frames"
plot record using (bin($1)):(strcol(5) eq sent ? 0 : 100) smooth unique with steps title "both ways"

set ylabel "Mbit/s"
plot record using (bin($1)):(is("out") && strcol(5) eq sent ? $4 * 8 / 1e5 : 0) smooth frequency with steps title "out", \
     record using (bin($1)):(is("in") && strcol(5) eq sent ? $4 * 8 / 1e5 : 0) smooth frequency with steps title "in"
unset multiplot
