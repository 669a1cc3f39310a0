package gitpack

// A pack's index may name one object any number of times, and so may as many packs.
// To look at all these places for each delta of the object, or for each of the
// places, would take their number squared.

// fewPlaces are so few that they may be looked at each time.
const fewPlaces = 8

// A crowd is an object with more places than a few. To a read it is a place itself,
// one of no pack: it is gone through once, and what became of it is remembered.
type crowd struct {
	id     ID
	places []place // but the first ones that are known to fail
}

// crowdOf is the place that stands for all places of an object, if it has many.
func (s *Store) crowdOf(id ID) (place, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n, ok := s.crowdOfID[id]
	return place{number: n}, ok
}

// addCrowd makes a crowd of an object.
func (s *Store) addCrowd(id ID, places []place) place {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.crowdOfID == nil {
		s.crowdOfID = map[ID]int{}
	}
	n := len(s.crowds)
	s.crowds, s.crowdOfID[id] = append(s.crowds, crowd{id, places}), n
	return place{number: n}
}

// crowd reads the object of a crowd.
func (r *reader) crowd(number, hops int) (Kind, []byte, error) {
	s := r.store
	s.mu.RLock()
	c := s.crowds[number]
	s.mu.RUnlock()
	n, kind, data, err := r.anyOf(c.id, c.places, hops)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, at := range c.places[:n] {
		if f, known := s.failures[at]; !known || f.hops > 0 {
			break
		}
		c.places = c.places[1:]
	}
	s.crowds[number] = c
	return kind, data, err
}
