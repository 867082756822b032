// Screens that a cashier opens now and then.
export { Join, Pending, Revoked } from './join'
export { SettingsScreen } from './settings'
export { Today } from './today'
