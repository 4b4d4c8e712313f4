import { stravaContract } from './contract-cases.ts'
import { startRecordedStrava } from './recorded-strava.ts'

stravaContract('it was recorded', startRecordedStrava)
