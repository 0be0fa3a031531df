package kakaotest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"castad/shared/provider/providertest"
)

// bearer returns whose access token a request has, or Kakao's answer to a bad one.
func (s *Server) bearer(r *http.Request) (User, string, *providertest.Reply) {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.access[token]
	if !ok || s.o.Now().After(g.ends) {
		bad := kapi(http.StatusUnauthorized, -401, "this access token does not exist")
		return User{}, "", &bad
	}
	if s.unlinked[g.user.ID] {
		bad := kapi(http.StatusBadRequest, -101, "NotRegisteredUserException")
		return User{}, "", &bad
	}
	return g.user, token, nil
}

func (s *Server) me(r *http.Request, _ []byte) providertest.Reply {
	u, _, bad := s.bearer(r)
	if bad != nil {
		return *bad
	}
	account := map[string]any{"profile_nickname_needs_agreement": false, "profile": map[string]string{"nickname": u.Nickname},
		"has_email": u.Email != "", "email_needs_agreement": u.EmailNeeds}
	if u.Email != "" && !u.EmailNeeds {
		account["email"], account["is_email_valid"], account["is_email_verified"] = u.Email, true, !u.EmailUnverified
	}
	return providertest.Reply{JSON: map[string]any{"id": u.ID, "connected_at": "2026-11-01T03:00:00Z", "kakao_account": account}}
}

func (s *Server) unlink(r *http.Request, body []byte) providertest.Reply {
	var u User
	if key, admin := strings.CutPrefix(r.Header.Get("Authorization"), "KakaoAK "); admin {
		f := query(body)
		found, ok := s.find(f.Get("target_id"))
		s.mu.Lock()
		gone := s.unlinked[found.ID]
		s.mu.Unlock()
		switch {
		case !s.known(key, s.o.AdminKey):
			return kapi(http.StatusUnauthorized, -401, "appKey("+key+") does not exist")
		case f.Get("target_id_type") != "user_id" || f.Get("target_id") == "":
			return kapi(http.StatusBadRequest, -2, "target_id is required")
		case !ok || gone:
			return kapi(http.StatusBadRequest, -101, "NotRegisteredUserException")
		}
		u = found
	} else {
		found, _, bad := s.bearer(r)
		if bad != nil {
			return *bad
		}
		u = found
	}
	s.mu.Lock()
	s.unlinked[u.ID] = true
	s.mu.Unlock()
	s.enter("unlink", u.ID, nil)
	return providertest.Reply{JSON: map[string]any{"id": u.ID}}
}

func (s *Server) logout(r *http.Request, _ []byte) providertest.Reply {
	u, token, bad := s.bearer(r)
	if bad != nil {
		return *bad
	}
	s.mu.Lock()
	delete(s.access, token)
	s.mu.Unlock()
	s.enter("logout", u.ID, nil)
	return providertest.Reply{JSON: map[string]any{"id": u.ID}}
}

// webhook lets a person end the link with the app at Kakao, and tells the app.
func (s *Server) webhook(_ *http.Request, body []byte) providertest.Reply {
	var in struct{ User, URL, Method, Referrer string }
	if err := json.Unmarshal(body, &in); err != nil {
		return providertest.Reply{Status: http.StatusBadRequest, Type: "text/plain", Body: []byte(err.Error())}
	}
	status, err := s.SendUnlink(in.Method, in.URL, in.User, in.Referrer)
	if err != nil {
		return providertest.Reply{Status: http.StatusBadGateway, Type: "text/plain", Body: []byte(err.Error())}
	}
	return providertest.Reply{JSON: map[string]int{"status": status}}
}

// SendUnlink ends a user's link, known here or not, and sends the webhook to to with
// method GET or POST ("" = POST). It returns what the app answered within Kakao's 3 s.
func (s *Server) SendUnlink(method, to, user, referrer string) (status int, err error) {
	if u, ok := s.find(user); ok {
		s.mu.Lock()
		s.unlinked[u.ID] = true
		s.mu.Unlock()
	}
	if referrer == "" {
		referrer = "UNLINK_FROM_APPS"
	}
	form := url.Values{"app_id": {s.o.AppID}, "user_id": {user}, "referrer_type": {referrer}}.Encode()
	target, body := to, ""
	if method == http.MethodGet {
		target += "?" + form
	} else {
		method, body = http.MethodPost, form
	}
	req, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "KakaoAK "+s.o.AdminKey)
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=utf-8")
	}
	client := &http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("send unlink webhook: %w", err)
	}
	_ = res.Body.Close()
	return res.StatusCode, nil
}

// places is how many shops the town of the stand-in has.
const places = 60

// search finds in a town of 60 shops: "분식 7", 서울 마포구. "none" finds nothing.
func (s *Server) search(r *http.Request, _ []byte) providertest.Reply {
	q := r.URL.Query()
	fail := func(status int, kind, text string) providertest.Reply {
		return providertest.Reply{Status: status, JSON: map[string]string{"errorType": kind, "message": text}}
	}
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "KakaoAK ")
	page, err := strconv.Atoi(cmp.Or(q.Get("page"), "1"))
	size, err2 := strconv.Atoi(cmp.Or(q.Get("size"), "15"))
	switch {
	case !ok || !s.known(key, s.o.RESTKey):
		return fail(http.StatusUnauthorized, "AccessDeniedError", "wrong appKey("+key+") format")
	case q.Get("query") == "":
		return fail(http.StatusBadRequest, "MissingParameter", "query parameter required")
	case err != nil || err2 != nil || page < 1 || page > 45 || size < 1 || size > 15:
		return fail(http.StatusBadRequest, "InvalidArgument", "page or size is out of range")
	}
	var found []map[string]string
	for i := 1; i <= places; i++ {
		shop := fmt.Sprintf("한빛분식 %d호점", i)
		if strings.Contains(shop, q.Get("query")) {
			found = append(found, map[string]string{"id": strconv.Itoa(26338000 + i), "place_name": shop, "category_name": "음식점 > 분식",
				"category_group_code": "FD6", "category_group_name": "음식점", "phone": fmt.Sprintf("02-312-%04d", i),
				"address_name": fmt.Sprintf("서울 마포구 서교동 %d", i), "road_address_name": fmt.Sprintf("서울 마포구 양화로 %d", i),
				"x": fmt.Sprintf("126.92%04d", i), "y": fmt.Sprintf("37.55%04d", i), "place_url": fmt.Sprintf("http://place.map.kakao.com/%d", 26338000+i), "distance": ""})
		}
	}
	shown := found[:min(len(found), 45)]
	last := max(1, (len(shown)+size-1)/size)
	page = min(page, last) // beyond the last page comes the last page again
	return providertest.Reply{JSON: map[string]any{
		"meta":      map[string]any{"total_count": len(found), "pageable_count": len(shown), "is_end": page == last},
		"documents": append([]map[string]string{}, shown[min(len(shown), (page-1)*size):min(len(shown), page*size)]...)}}
}
