# Runs a server for as long as somebody holds the pipe on stdin open for writing.
# The kernel closes it with the process that held it, however that one ended, so
# no server is left behind; and it works alike on Linux and macOS.
#
# A line in the pipe is a signal to send to the server. The pipe has a reader for
# as long as the server has not ended, which is how others tell.
# $1: the signal for when nobody is left; $2: a folder to remove then, or "";
# the rest: the server.
end=$1 folder=$2
shift 2
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
(
	while read -r signal <&3; do kill -s "$signal" "$server"; done
	trap '' TERM
	kill -s "$end" "$server"
	exit 9
) &
watch=$!
wait "$server"
status=$?
kill "$watch" 2>/dev/null
wait "$watch"
if [ $? -eq 9 ] && [ -n "$folder" ]; then rm -rf -- "$folder"; fi
exit $status
