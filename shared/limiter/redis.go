package limiter

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"castad/shared/fault"

	"github.com/redis/go-redis/v9"
)

// slots is how many keys of a class there can be.
const slots = 1 << 18

// script counts a call as Memory does, in one step and on the server's clock. The
// list has the newest time first.
var script = redis.NewScript(`
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local n, per = tonumber(ARGV[1]), tonumber(ARGV[2])
local times = redis.call('LRANGE', KEYS[1], 0, n - 1)
local newest = tonumber(times[1] or 0)
if newest - now > per then
  redis.call('DEL', KEYS[1])
  times, newest = {}, 0
elseif newest > now then
  now = newest
end
local used = 0
for _, t in ipairs(times) do
  if now - t > per then break end
  used = used + 1
end
if used >= n then
  return {0, 0, times[n] + per + 1 - now, newest + per + 1 - now}
end
if ARGV[3] == '0' then
  return {1, n - used, 0, math.max(0, newest + per + 1 - now)}
end
redis.call('LPUSH', KEYS[1], string.format('%.0f', now))
redis.call('LTRIM', KEYS[1], 0, n - 1)
redis.call('PEXPIRE', KEYS[1], math.ceil(per / 1000) + 1)
return {1, n - used - 1, 0, per + 1}
`)

// Redis counts for all processes together. It is safe for concurrent use.
type Redis struct {
	client redis.Scripter
	seed   []byte
}

// NewRedis returns a limiter that counts in client's server. seed is a secret that all
// processes share: without it nobody can choose whose key he shares, and no
// addresses are kept.
func NewRedis(client redis.Scripter, seed []byte) *Redis { return &Redis{client: client, seed: seed} }

// Take counts a call of who in class. An error means that nothing is known.
func (r *Redis) Take(ctx context.Context, class Class, who string) (Verdict, error) {
	return r.ask(ctx, class, who, 1)
}

// Look says what Take would, and counts nothing.
func (r *Redis) Look(ctx context.Context, class Class, who string) (Verdict, error) {
	return r.ask(ctx, class, who, 0)
}

func (r *Redis) ask(ctx context.Context, class Class, who string, take int) (Verdict, error) {
	got, err := script.Run(ctx, r.client, []string{r.key(class.Name, who)}, class.Limit.N, class.Limit.Per.Microseconds(), take).Int64Slice()
	if err == nil && len(got) != 4 {
		err = fmt.Errorf("%d numbers", len(got))
	}
	if err != nil {
		return Verdict{}, fmt.Errorf("count call in Redis: %w", err)
	}
	return Verdict{OK: got[0] == 1, Left: int(got[1]), Wait: micros(got[2]), Reset: micros(got[3])}, nil
}

func (r *Redis) key(class, who string) string {
	mac := hmac.New(sha256.New, r.seed)
	mac.Write([]byte(class + ":" + who)) // a class has no colon
	slot := binary.BigEndian.Uint64(mac.Sum(nil)) % slots
	return "castad:limit:" + class + ":" + strconv.FormatUint(slot, 36)
}

// rest is how long a server that failed is not asked, so that calls do not wait for it.
const rest = time.Second

// ErrAlone comes with verdicts that only this process has counted.
var ErrAlone = fault.Newf(fault.CodeLimitUnavailable, "the limits that all instances share cannot be reached")

// Shared counts in Redis, and in this process while Redis is down.
type Shared struct {
	redis *Redis
	local *Memory
	// failed is told of each try that failed.
	failed func(error)
	// down is until when Redis is not asked, in nanoseconds on local's clock; 0 = it is well.
	down atomic.Int64
}

// NewShared returns the two as one. failed is told why Redis could not be asked, at
// most about once a second.
func NewShared(r *Redis, local *Memory, failed func(error)) *Shared {
	return &Shared{redis: r, local: local, failed: failed}
}

// Take counts a call of who in class. While Redis is down the error is ErrAlone, and
// the verdict this process's own.
func (s *Shared) Take(ctx context.Context, class Class, who string) (Verdict, error) {
	return s.ask(ctx, class, who, s.redis.Take, s.local.Take)
}

// Look says what Take would, and counts nothing.
func (s *Shared) Look(ctx context.Context, class Class, who string) (Verdict, error) {
	return s.ask(ctx, class, who, s.redis.Look, s.local.Look)
}

// question is Take or Look.
type question func(ctx context.Context, class Class, who string) (Verdict, error)

func (s *Shared) ask(ctx context.Context, class Class, who string, far, near question) (Verdict, error) {
	if s.mayAsk() {
		v, err := far(ctx, class, who)
		if err == nil {
			s.down.Store(0)
			return v, nil
		}
		if !errors.Is(err, context.Canceled) { // a client that has gone says nothing about Redis
			s.down.Store(int64(s.local.elapsed() + rest))
			s.failed(err)
		}
	}
	v, _ := near(ctx, class, who) // never fails
	return v, ErrAlone
}

// mayAsk lets one call a second try a server that is down.
func (s *Shared) mayAsk() bool {
	until := s.down.Load()
	if until == 0 {
		return true
	}
	now := s.local.elapsed()
	return int64(now) >= until && s.down.CompareAndSwap(until, int64(now+rest))
}
