// The service worker of the participant's app: what every app's does.
import { serve } from '../shared/worker'

serve('kartu')
