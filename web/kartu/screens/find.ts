// Where the promos are.
export { PlaceScreen } from './place'
export { Promos } from './promos'
