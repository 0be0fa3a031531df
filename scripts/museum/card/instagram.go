package card

// instagram is the wing of Instagram.
var instagram = []Card{}
