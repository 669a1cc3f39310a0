#!/bin/sh
# Measures what docs/performance.md tells, on any repository, and prints its table.
#
#     docs/performance.sh REPOSITORY [ROUNDS]
#
# It needs git, GNU time as /usr/bin/time and, to build insplint, Go; $INSPLINT names a binary to measure instead. Scanners
# that are installed (gitleaks) are measured beside it. Each round runs every case once; a ratio is that of two runs of one
# round, and the table has the medians. REPOSITORY is only read: keys are planted in clones that borrow its objects.
set -eu

usage() {
	echo "usage: $0 REPOSITORY [ROUNDS]" >&2
	exit 2
}
[ $# -ge 1 ] && [ $# -le 2 ] || usage
repo=$(git -C "$1" rev-parse --absolute-git-dir) || usage
rounds=${2:-5}
[ "$rounds" -ge 1 ] || usage

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
insplint=${INSPLINT:-$work/insplint}
[ -n "${INSPLINT:-}" ] || (cd "$(dirname "$0")/.." && CGO_ENABLED=0 go build -o "$insplint" .)
export INSPLINT_CACHE_DIR="$work/cache"

# plant REPOSITORY NUMBER: commits as many files, each with a key of its own.
plant() {
	awk -v number="$2" -v from="$(git -C "$1" rev-parse HEAD)" 'BEGIN {
		srand(number)
		for (n = 0; n < number; n++) {
			key = "insp_"
			for (i = 0; i < 64; i++) key = key sprintf("%x", int(16 * rand()))
			print "commit refs/heads/planted\ncommitter T <t@example.com> " 1700000000 + n " +0000\ndata 3\nadd"
			if (n == 0) print "from " from
			print "M 100644 inline planted/" n ".env\ndata <<END\nINSPECTO_API_KEY=" key "\nEND\n"
		}
	}' | git -C "$1" -c fastimport.unpackLimit=1 fast-import --quiet
}

# commit REPOSITORY NAME: one more commit, without a key.
commit() {
	echo "$2" >"$work/text"
	blob=$(git -C "$1" hash-object -w "$work/text")
	tree=$( (git -C "$1" ls-tree HEAD; printf '100644 blob %s\tone-more-%s\n' "$blob" "$2") | git -C "$1" mktree)
	id=$(git -C "$1" -c user.name=T -c user.email=t@example.com commit-tree -p HEAD -m more "$tree")
	git -C "$1" update-ref HEAD "$id"
}

for name in one many cached; do
	git clone --quiet --bare --shared "$repo" "$work/$name.git"
done
plant "$work/one.git" 1
plant "$work/many.git" 1000

cat >"$work/rule.toml" <<'END'
[[rules]]
id = "inspecto-api-key"
regex = '''insp_(?:test_)?[0-9a-f]{64}'''
keywords = ["insp_"]
END

# measure CASE COMMAND...: adds "round case wall cpu memory" to the results. That something was found is no failure, nor that
# an archive is over the limits: git's own repository has one of 7 kB that unpacks to 4 GB.
measure() {
	name=$1
	shift
	status=0
	/usr/bin/time -q -o "$work/time" -f '%e %U %S %M' "$@" >/dev/null 2>"$work/err" || status=$?
	if [ "$status" -gt 1 ] && ! grep -q 'something in an archive could not be read' "$work/err"; then
		echo "$0: $* ended with status $status:" >&2
		cat "$work/err" >&2
		exit 1
	fi
	awk -v round="$round" -v name="$name" 'END { print round "\t" name "\t" $1 "\t" $2 + $3 "\t" $4 }' "$work/time" >>"$work/results"
}

scan() {
	name=$1
	shift
	measure "$name" "$insplint" scan --quiet --format json "$@"
}

# warm reads all packs, so that no case pays for the disk.
warm() { find "$repo/objects" -type f -exec cksum {} + >"$work/warm"; }

round=1
while [ "$round" -le "$rounds" ]; do
	warm
	measure "git cat-file" git -C "$repo" cat-file --batch-all-objects --unordered --batch --buffer
	scan "insplint" --no-cache "$repo"
	scan "insplint --jobs 1" --no-cache --jobs 1 "$repo"
	scan "insplint, 1 key" --no-cache "$work/one.git"
	scan "insplint, 1000 keys" --no-cache "$work/many.git"
	rm -rf "$INSPLINT_CACHE_DIR"
	scan "insplint, filling the cache" "$work/cached.git"
	scan "insplint, cached" "$work/cached.git"
	commit "$work/cached.git" "$round"
	scan "insplint, cached, after a commit" "$work/cached.git"
	"$insplint" scan --quiet "$work/one.git" >/dev/null || true
	scan "insplint, cached, 1 key" "$work/one.git"
	if command -v gitleaks >/dev/null; then
		measure "gitleaks, one rule" gitleaks git --no-banner --log-level error --config "$work/rule.toml" "$repo"
	fi
	round=$((round + 1))
done

pack=$(du -ckL "$repo"/objects/pack/*.pack | awk 'END { print int($1 / 1024) }')
commits=$(git -C "$repo" rev-list --all --count)
objects=$(git -C "$repo" count-objects -v | awk '/^(count|in-pack):/ { n += $2 } END { print n }')
echo "$objects objects, of which $commits are reachable commits, in packs of $pack MiB; medians of $rounds rounds."
echo
awk -F '\t' -v pack="$pack" '
function median(list, n,    i, j, t) {
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && list[j - 1] > list[j]; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
	return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}
function ratios(of, to, value,    r, list, n) {
	for (r = 1; r <= rounds; r++) list[++n] = value[r, to] > 0 ? value[r, of] / value[r, to] : 0
	return median(list, n)
}
function medians(of, value,    r, list, n) {
	for (r = 1; r <= rounds; r++) list[++n] = value[r, of]
	return median(list, n)
}
{
	if (!($2 in seen)) { seen[$2] = 1; order[++cases] = $2 }
	wall[$1, $2] = $3; cpu[$1, $2] = $4; memory[$1, $2] = $5 / 1024
	rounds = $1
}
END {
	print "| | time | of git'"'"'s | of insplint'"'"'s | processor time | of git'"'"'s | of insplint'"'"'s | memory |"
	print "| --- | --- | --- | --- | --- | --- | --- | --- |"
	for (i = 1; i <= cases; i++) {
		c = order[i]
		printf "| %s | %.2f s | %.3f | %.3f | %.2f s | %.3f | %.3f | %d MiB |\n", c,
			medians(c, wall), ratios(c, "git cat-file", wall), ratios(c, "insplint", wall),
			medians(c, cpu), ratios(c, "git cat-file", cpu), ratios(c, "insplint", cpu), medians(c, memory)
	}
}' "$work/results"
