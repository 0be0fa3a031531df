package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"time"

	"castad/shared/config"
	"castad/shared/keyring"

	"github.com/redis/go-redis/v9"
)

const (
	// redisPatience is how long a call waits for Redis: an answer takes less than a
	// millisecond, and a server that is asked again and again in vain costs every call this.
	redisPatience = 250 * time.Millisecond
	// redisConnections is for commands of one round trip each: sixteen are more than a
	// process's calls have under way at once.
	redisConnections = 16
)

// openRedis makes the client; nil = none is set up. It does no I/O.
func openRedis(c config.Config, log *slog.Logger) (*redis.Client, error) {
	if !c.RedisURL.Set() {
		return nil, nil
	}
	o, err := redis.ParseURL(c.RedisURL.Reveal())
	if err != nil {
		return nil, fmt.Errorf("CASTAD_REDIS_URL is not a URL such as rediss://:password@name.redis.cache.windows.net:6380/0") // its own error repeats the password
	}
	redis.SetLogger(redisLog{log})
	o.MaxRetries, o.DialerRetries = -1, 1 // whoever asks knows what to do without
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = redisPatience, redisPatience, redisPatience, redisPatience
	o.PoolSize, o.ContextTimeoutEnabled = redisConnections, true
	return redis.NewClient(o), nil
}

// redisLog brings the client's own complaints into the log.
type redisLog struct{ log *slog.Logger }

func (l redisLog) Printf(ctx context.Context, format string, v ...any) {
	l.log.DebugContext(ctx, "redis client", "says", fmt.Sprintf(format, v...))
}

// redisSecret is the secret by which callers become keys in Redis and values are kept
// there: all instances have it, nobody else, and it says nothing about the key that it
// is made from.
func redisSecret(envelopes keyring.Ring) []byte {
	key, _ := envelopes.Signing() // config has checked that there is one
	mac := hmac.New(sha256.New, key.Secret)
	mac.Write([]byte("castad redis"))
	return mac.Sum(nil)
}
