# Runs a server until no process holds the pipe on stdin open for writing. The kernel
# closes the pipe with a process, however that one ends. The pipe has a reader for as
# long as the server runs.
# $1: the signal that stops the server then; $2: a folder to remove then, or "";
# the rest: the server.
signal=$1 folder=$2
shift 2
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
(
	read -r _ <&3
	kill -s "$signal" "$server"
	exit 0
) &
watch=$!
wait "$server"
kill "$watch" 2>/dev/null
if wait "$watch" && [ -n "$folder" ]; then rm -rf -- "$folder"; fi
