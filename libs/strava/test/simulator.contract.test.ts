import { stravaContract } from './contract-cases.ts'
import { startSimulatedStrava } from './simulated-strava.ts'

stravaContract('the simulator plays it', startSimulatedStrava)
