export type Visibility = 'everyone' | 'followers_only' | 'only_me'

/**
 * An activity as `GET /athlete/activities` shows it, with reality's oddities: optional fields are absent rather than
 * null, no GPS is an empty array, `start_date_local` carries a false Z. Distances in metres, times in seconds.
 */
export interface SummaryActivity {
  resource_state: 2
  id: number
  athlete: { id: number; resource_state: 1 }
  name: string
  distance: number
  moving_time: number
  elapsed_time: number
  total_elevation_gain: number
  type: string
  sport_type: string
  workout_type?: number | null
  start_date: string
  start_date_local: string
  /** Kept and never shown: when it started, where the athlete hides that and `start_date` does not say it. */
  hidden_start?: string
  timezone: string
  utc_offset: number
  location_city: null
  location_state: null
  location_country: null
  achievement_count: number
  kudos_count: number
  comment_count: number
  athlete_count: number
  photo_count: number
  total_photo_count: number
  pr_count: number
  map: { id: string; summary_polyline: string; resource_state: 2 }
  trainer: boolean
  commute: boolean
  manual: boolean
  private: boolean
  visibility: Visibility
  flagged: boolean
  gear_id: string | null
  start_latlng: number[]
  end_latlng: number[]
  average_speed: number
  max_speed: number
  average_cadence?: number
  average_temp?: number
  average_watts?: number
  max_watts?: number
  weighted_average_watts?: number
  device_watts?: boolean
  kilojoules?: number
  has_heartrate: boolean
  average_heartrate?: number
  max_heartrate?: number
  heartrate_opt_out: boolean
  display_hide_heartrate_option: boolean
  elev_high?: number
  elev_low?: number
  upload_id: number | null
  upload_id_str?: string
  external_id: string | null
  from_accepted_tag: boolean
  has_kudoed: boolean
  suffer_score?: number
  device_name?: string
}
