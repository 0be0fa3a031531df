package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"

	"castad/functions/auth"
	authunlink "castad/functions/auth/unlink"

	"castad/shared/cache"
	"castad/shared/config"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/provider"
	"castad/shared/provider/kakao"
	"castad/shared/store"
)

// login makes Kakao's client: nobody signs in there, unless the settings say so.
func (p *parts) login(c config.Config, h provider.HTTP) error {
	p.site = auth.Site{API: c.PublicURL, App: c.AppURL}
	if !c.KakaoRESTKey.Set() {
		return nil
	}
	k, err := kakao.New(kakao.Config{AuthURL: c.KakaoAuthURL, APIURL: c.KakaoAPIURL, LocalURL: c.KakaoLocalURL, AppID: c.KakaoAppID,
		RESTKey: c.KakaoRESTKey.Reveal(), ClientSecret: c.KakaoClientSecret.Reveal(), AdminKey: c.KakaoAdminKey.Reveal(),
		NativeKeys: []string{c.KakaoNativeKey.Reveal()}, HTTP: h, Keys: cache.Of[string](p.cache, "kakao-keys", cache.Hour), Now: clock})
	if err != nil {
		return fmt.Errorf("CASTAD_KAKAO_REST_KEY: %w", err)
	}
	p.kakao, p.unlinking = k, c.KakaoAdminKey.Set()
	return nil
}

// newUsers makes the users' store, which signs with the token keys.
func newUsers(c config.Config, p parts, db *store.Primary, log *slog.Logger) (*auth.Store, error) {
	api, err := identity.NewIssuer(p.tokens, c.TokenIssuer, c.TokenAud, clock)
	if err != nil {
		return nil, fmt.Errorf("CASTAD_TOKEN_AUDIENCE: %w", err)
	}
	admin, err := identity.NewIssuer(p.tokens, c.TokenIssuer, c.AdminAud, clock)
	if err != nil {
		return nil, fmt.Errorf("CASTAD_ADMIN_AUDIENCE: %w", err)
	}
	return auth.New(auth.Config{DB: db, Seal: p.seal, API: api, Admin: admin, Now: clock,
		Notice: func(ctx context.Context, tenant id.Tenant, user id.User, session id.Session) {
			log.WarnContext(ctx, "a spent refresh token came back: its session has ended", "tenant", tenant, "user", user, "session", session)
		}}), nil
}

// from is Kakao's client as a function's interface, which is nil when there is no client.
func from[I any](c *kakao.Client) I {
	if c == nil {
		var none I
		return none
	}
	return any(c).(I)
}

// unlinks reads Kakao's word that a link has ended; nil without a client.
func unlinks(c *kakao.Client) authunlink.Read {
	if c == nil {
		return nil
	}
	return func(authorization string, form url.Values) (kakao.Unlinked, error) {
		return c.ParseUnlink(http.Header{"Authorization": {authorization}}, form)
	}
}
