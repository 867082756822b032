// Screens around the card: what was used, what is wished for, the own data.
export { Account } from './account'
export { Cards } from './cards'
export { Accesses, DataView } from './dataview'
export { MyData } from './mydata'
export { Pay } from './pay'
export { UseScreen } from './use'
export { History } from './uses'
export { Wishes } from './wishes'
