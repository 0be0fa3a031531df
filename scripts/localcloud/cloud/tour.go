package cloud

import "fmt"

// Tour is what a person types to order an ad by hand.
func Tour(url string) string {
	return fmt.Sprintf(`
A tour (in another terminal, in this folder):

  TOKEN=$(make -s token)
  API=%s/api/v1
  curl -s $API/health/ready
  PLACE=$(curl -s $API/places -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
    -d '{"name":"달빛국수","area":"전주 한옥마을","menu":[{"name":"들깨칼국수","won":9000}],"praise":["국물이 진해요"]}' | sed 's/.*"id":"\(place_[^"]*\)".*/\1/')
  curl -s $API/places/$PLACE/photos -H "Authorization: Bearer $TOKEN" -H 'Content-Type: image/jpeg' --data-binary @docs/sample/photos/1-front.jpg
  AD=$(curl -s $API/ads -H "Authorization: Bearer $TOKEN" -H "Idempotency-Key: tour-$(date +%%s)" -H 'Content-Type: application/json' \
    -d "{\"place\":\"$PLACE\",\"channels\":[{\"channel\":\"youtube\",\"account\":\"demo\"}]}" | sed 's/.*"id":"\(ad_[^"]*\)".*/\1/')
  curl -sN $API/ads/$AD/events -H "Authorization: Bearer $TOKEN"      # as it happens
  curl -s $API/ads/$AD -H "Authorization: Bearer $TOKEN"              # the result; .video.file is its id
  curl -s -o ad.mp4 $API/files/<file id> -H "Authorization: Bearer $TOKEN"

Ctrl-C stops everything; the state stays.
`, url)
}
