# Runs a server for as long as somebody holds the pipe on stdin open for writing.
# The kernel closes it with the process that held it, however that one ended, so
# no server is left behind; and it works alike on Linux and macOS.
#
# A line in the pipe is a signal to send to the server, or KEEP: then this script
# holds the pipe open itself, until it is sent TERM. The pipe has a reader for as
# long as the server has not ended, which is how others tell.
# $1: the signal for when nobody is left; $2: a folder to remove then, or "";
# $3: the pipe's path; the rest: the server.
end=$1 folder=$2 pipe=$3
shift 3
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
(
	while read -r signal <&3; do
		if [ "$signal" = KEEP ]; then
			exec 4>"$pipe"
		else
			kill -s "$signal" "$server"
		fi
	done
	trap '' TERM
	kill -s "$end" "$server"
	exit 9
) &
watch=$!
told=
trap 'told=yes; kill -s "$end" "$server"' TERM
wait "$server"
status=$?
while kill -0 "$server" 2>/dev/null; do # a trap ends a wait early
	wait "$server"
	status=$?
done
kill "$watch" 2>/dev/null
wait "$watch"
if [ $? -eq 9 ]; then told=yes; fi
if [ -n "$told" ] && [ -n "$folder" ]; then rm -rf -- "$folder"; fi
exit $status
