package kakao

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"castad/shared/fault"
	"castad/shared/provider"
)

// User is who has signed in.
type User struct {
	// ID is Kakao's number of the person in this app, in digits: an int64, more than a
	// float64 holds. With "kakao" it is the person's identity.
	ID string
	// Nickname is for display; "" without consent.
	Nickname string
	// Email is "" unless Kakao says that the person agreed to tell it and that it is valid
	// and verified. It identifies nobody.
	Email string
}

// Me asks who an access token belongs to.
func (c *Client) Me(ctx context.Context, access string) (User, error) {
	call := provider.Call{Op: "me", Method: http.MethodGet, Path: "/v2/user/me",
		Query: url.Values{"property_keys": {`["kakao_account.profile","kakao_account.email"]`}}} // and no more of the person than that
	var in struct {
		ID      userID `json:"id"`
		Account struct {
			Profile struct {
				Nickname string `json:"nickname"`
			} `json:"profile"`
			Email    string `json:"email"`
			Needs    bool   `json:"email_needs_agreement"`
			Valid    bool   `json:"is_email_valid"`
			Verified bool   `json:"is_email_verified"`
		} `json:"kakao_account"`
	}
	a, err := c.ask(ctx, call, "Bearer "+access, &in)
	if err != nil {
		return User{}, err
	}
	if in.ID == "" {
		return User{}, c.api.Unintelligible(call, a, errors.New("a user without an id"))
	}
	u := User{ID: string(in.ID), Nickname: line(in.Account.Profile.Nickname, maxNickname)}
	if a := in.Account; a.Valid && a.Verified && !a.Needs {
		u.Email = a.Email
	}
	return u, nil
}

// Unlink ends the link between the app and the token's person. One that has ended
// already is no error.
func (c *Client) Unlink(ctx context.Context, access string) error {
	return c.unlink(ctx, url.Values{}, "Bearer "+access, "")
}

// UnlinkUser is Unlink by the person's ID, with the admin key.
func (c *Client) UnlinkUser(ctx context.Context, id string) error {
	if !validUserID(id) {
		return fault.Newf(fault.CodeBadValue, "unlink kakao user: an id has 1–19 digits").In("id")
	}
	if c.cfg.AdminKey == "" {
		e := c.api.Fail(provider.Call{Op: "unlink"}, nil, provider.OurFault, "bad_setting", "")
		e.Err = errors.New("no admin key is set")
		return e
	}
	return c.unlink(ctx, url.Values{"target_id_type": {"user_id"}, "target_id": {id}}, "KakaoAK "+c.cfg.AdminKey, id)
}

func (c *Client) unlink(ctx context.Context, values url.Values, credential, id string) error {
	call := form("unlink", "/v1/user/unlink", values)
	var in struct {
		ID userID `json:"id"`
	}
	a, err := c.ask(ctx, call, credential, &in)
	switch {
	case hasCode(err, -101): // there is no link any more
		return nil
	case err == nil && id != "" && string(in.ID) != id:
		return c.api.Unintelligible(call, a, errors.New("another user than asked for"))
	}
	return err
}

// Logout ends the access token. One that has ended already is no error.
func (c *Client) Logout(ctx context.Context, access string) error {
	var in struct {
		ID userID `json:"id"`
	}
	_, err := c.ask(ctx, form("logout", "/v1/user/logout", url.Values{}), "Bearer "+access, &in)
	if hasCode(err, -401) {
		return nil
	}
	return err
}

// userID is a user id in JSON: a whole number or its digits.
type userID string

func (u *userID) UnmarshalJSON(b []byte) error {
	var n json.Number // the number's text: a float64 would round ids above 2^53
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	if !validUserID(string(n)) {
		return strconv.ErrSyntax
	}
	*u = userID(n)
	return nil
}

func validUserID(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && n > 0 && strconv.FormatInt(n, 10) == s
}

// maxNickname is twice what Kakao allows, in characters.
const maxNickname = 40

// line is text as it may be shown: one line of at most n visible characters.
func line(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsGraphic(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	r := []rune(strings.Join(strings.Fields(s), " "))
	return strings.TrimSpace(string(r[:min(len(r), n)]))
}
