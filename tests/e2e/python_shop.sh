# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# The shop of `make demo`, traced from its first step: what is told is what it counts itself.
source "$(dirname "$0")/check.bash"
need_bpf
python=${PYTHON:-/usr/bin/python3}
shop=$top/tests/programs/python

"$awaitness" run --detail awaits --format json --output shop.json -- "$python" "$shop/shop.py" shop.sock >truth 2>err &
tracer=$!
started+=("$tracer")
wait_for 20 test -S shop.sock
"$python" "$shop/shop_load.py" shop.sock 8 2 >served
pkill -TERM -P "$tracer"
wait "$tracer"
is "the run ends well" "$?" 0
is "nothing was lost" "$(jq .period.lost shop.json)" 0
check "every customer was served" grep -Eq 'served [1-9]' served
lock() { jq -r --arg name "$1" ".locks[] | select(.name == \$name) | $2" shop.json; }
truth() { sed -n "s/^$1 sections //p" truth; }
for name in stock:Stock._lock rates:Rates._lock audit:Audit._lock; do
	is "sections of ${name#*:}" "$(lock "${name#*:}" .sections)" "$(truth "${name%:*}")"
done
is "the lock that guards nothing is needless" "$(lock Stock._lock .verdict)" needless
is "no section of it suspended" "$(lock Stock._lock .suspended)" 0
is "every section of the thread lock did" "$(lock Audit._lock .suspended)" "$(truth audit)"
is "and that is found, at the program's own line" \
	"$(jq -r '.findings[] | select(.rule == "thread-lock-across-suspension") | "\(.object) \(.count) \(.suspension.function) \(.suspension.inner)"' shop.json)" \
	"Audit._lock $(truth audit) Audit.note __sleep0"
is "an await that never suspends is shown as it is written" \
	"$(jq -r '.awaits[] | select(.suspended == 0 and .function == "Shop.price") | .label' shop.json)" \
	"return await self.cache.get(item) * await self.rates.get()"
