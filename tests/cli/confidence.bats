#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# --min-confidence: what is inferred with less is hidden, and is not called core for that.

bats_require_minimum_version 1.5.0

load lib

setup_file() {
	xz -dc tests/fixtures/inference/System.map.xz >"$BATS_FILE_TMPDIR/System.map"
	"$KALLMOD" map --kallsyms "$BATS_FILE_TMPDIR/System.map" --source signatures \
		>"$BATS_FILE_TMPDIR/all"
	# A weak range with a function, and its module.
	awk -F'\t' '{ split($4, trust, ":") } $2 != "-" && trust[2] != "" && trust[2] < 0.9' \
		"$BATS_FILE_TMPDIR/all" >"$BATS_FILE_TMPDIR/weak"
}

setup() {
	from=(--kallsyms "$BATS_FILE_TMPDIR/System.map" --source signatures)
	[ -s "$BATS_FILE_TMPDIR/weak" ]
}

@test "map: the weak ranges are gone, and all others are as they were" {
	"$KALLMOD" map "${from[@]}" --min-confidence 0.9 >"$BATS_TEST_TMPDIR/sure"
	sort "$BATS_TEST_TMPDIR/sure" "$BATS_FILE_TMPDIR/weak" | diff <(sort "$BATS_FILE_TMPDIR/all") -
	"$KALLMOD" map "${from[@]}" --min-confidence 0 | diff "$BATS_FILE_TMPDIR/all" -
}

@test "modules: weak ranges count neither for their module nor for the core" {
	"$KALLMOD" modules --json "${from[@]}" >"$BATS_TEST_TMPDIR/all"
	"$KALLMOD" modules --json "${from[@]}" --min-confidence 0.9 >"$BATS_TEST_TMPDIR/sure"
	for file in all sure; do
		jq '.modules[] | select(.module == "core") | .bytes' "$BATS_TEST_TMPDIR/$file"
	done | uniq | wc -l | grep -qx 1
	jq -e 'all(.modules[]; .confidence >= 0.9)' "$BATS_TEST_TMPDIR/sure"
	lost=$(($(jq '[.modules[].bytes] | add' "$BATS_TEST_TMPDIR/all") -
		$(jq '[.modules[].bytes] | add' "$BATS_TEST_TMPDIR/sure")))
	bytes=0
	while IFS=- read -r start end; do
		bytes=$((bytes + 0x$end - 0x$start))
	done < <(cut -f1 "$BATS_FILE_TMPDIR/weak")
	[ "$lost" -eq "$bytes" ]
}

@test "addr: a weak module is not named, nor is the core" {
	addr=$(head -n 1 "$BATS_FILE_TMPDIR/weak" | cut -d - -f 1)
	module=$(head -n 1 "$BATS_FILE_TMPDIR/weak" | cut -f 2)
	run -0 "$KALLMOD" addr "${from[@]}" "$addr"
	[ "$(cut -f 3 <<<"$output")" = "$module" ]
	run -0 "$KALLMOD" addr "${from[@]}" --min-confidence 0.9 "$addr"
	[ "$(cut -f 3 <<<"$output")" = - ]
	run -0 "$KALLMOD" addr --json "${from[@]}" --min-confidence 0.9 "$addr"
	jq -e '[.. | objects | select(has("trust"))] | all(.trust == null)' <<<"$output"
}

@test "what is exact is never hidden" {
	golden map.txt "$KALLMOD" map "${machine[@]}" --min-confidence 1
}

@test "numbers that are none" {
	for value in 2 -1 x '' nan; do
		run -2 "$KALLMOD" map "${from[@]}" --min-confidence "$value"
		[[ ${lines[0]} == *"--min-confidence"* ]]
	done
}

# A recording whose header says of module $1 that it is inferred, with confidence $2.
recording() {
	sed "1s/}\$/,\"inferred\":{\"$1\":$2}}/" tests/fixtures/recording.jsonl
}

@test "report: inferred modules are marked, and hidden where they are weak" {
	module=$("$KALLMOD" report --json tests/fixtures/recording.jsonl |
		jq -r '[.modules[].module | select(. != "core" and . != "unresolved")][0]')
	recording "$module" 0.75 >"$BATS_TEST_TMPDIR/recording"
	run -0 "$KALLMOD" report -n 0 "$BATS_TEST_TMPDIR/recording"
	[ "$(grep -c ' ?' <<<"$output")" -eq 1 ]
	grep -q " $module ?0.75$" <<<"$output"
	# But for the mark it is the same.
	diff <(sed 's/ ?0.75$//' <<<"$output") <("$KALLMOD" report -n 0 tests/fixtures/recording.jsonl)
	run -0 "$KALLMOD" report --json --min-confidence 0.7 "$BATS_TEST_TMPDIR/recording"
	jq -e --arg m "$module" '.modules[] | select(.module == $m) |
		.trust == "inferred" and .confidence == 0.75' <<<"$output"
	run -0 "$KALLMOD" report --json --min-confidence 0.8 "$BATS_TEST_TMPDIR/recording"
	jq -e --arg m "$module" '.hidden == 1 and all(.modules[]; .module != $m)' <<<"$output"
	run -0 "$KALLMOD" report -n 0 --min-confidence 0.8 "$BATS_TEST_TMPDIR/recording"
	[[ ${lines[-1]} == "1 modules of less confidence are hidden" ]]
	run -2 "$KALLMOD" report --min-confidence 7 "$BATS_TEST_TMPDIR/recording"
}

@test "report: marks that cannot be are none" {
	for value in 7 -3 '"x"' '[1]' '{"a":1}' null 1e999; do
		recording ext4 "$value" >"$BATS_TEST_TMPDIR/recording"
		"$KALLMOD" report "$BATS_TEST_TMPDIR/recording" >"$BATS_TEST_TMPDIR/out" 2>&1 || :
		! grep -q ' ?[^01]' "$BATS_TEST_TMPDIR/out"
	done
	sed '1s/}$/,"inferred":[1,2]}/' tests/fixtures/recording.jsonl >"$BATS_TEST_TMPDIR/recording"
	diff <("$KALLMOD" report "$BATS_TEST_TMPDIR/recording") \
		<("$KALLMOD" report tests/fixtures/recording.jsonl)
}
