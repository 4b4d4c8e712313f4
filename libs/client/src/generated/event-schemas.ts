// Made from the contracts by `npm run generate`; not to be edited.

export const eventSchemas = {
  "Workout": {
    "type": "object",
    "properties": {
      "id": {
        "type": "string",
        "description": "Id of the workout; stays the same for as long as it is stored."
      },
      "stravaActivityId": {
        "type": "string",
        "description": "Id of the activity at Strava."
      },
      "source": {
        "type": "string",
        "description": "Where it comes from."
      },
      "name": {
        "type": "string",
        "description": "Title that the athlete or their device gave it."
      },
      "sportType": {
        "type": "string",
        "description": "Sport, as Strava calls it. Open list: Strava adds sports without notice."
      },
      "startedAt": {
        "type": "string",
        "format": "date-time",
        "description": "When it began, in UTC."
      },
      "startedAtLocal": {
        "type": "string",
        "pattern": "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}$",
        "description": "Wall-clock time where the activity took place, without offset."
      },
      "timezone": {
        "description": "IANA name, for example America/New_York. null: not known.",
        "type": [
          "string",
          "null"
        ]
      },
      "distanceMeters": {
        "type": "number",
        "description": "Metres. 0 as well where it is not known."
      },
      "movingTimeSeconds": {
        "type": "number",
        "description": "Seconds in motion. 0 as well where it is not known."
      },
      "elapsedTimeSeconds": {
        "type": "number",
        "description": "Seconds from beginning to end, with breaks. 0 as well where it is not known."
      },
      "elevationGainMeters": {
        "type": "number",
        "description": "Metres climbed. 0 as well where it is not known."
      },
      "averageHeartRateBpm": {
        "description": "Beats a minute. null: not known.",
        "type": [
          "number",
          "null"
        ]
      },
      "maxHeartRateBpm": {
        "description": "Beats a minute. null: not known.",
        "type": [
          "number",
          "null"
        ]
      },
      "averageCadenceRpm": {
        "description": "Turns a minute, as Strava gives it: for runs, steps of one leg. null: not known.",
        "type": [
          "number",
          "null"
        ]
      },
      "averageWatts": {
        "description": "Watts; `isPowerMeasured` says whether they are an estimate. null: not known.",
        "type": [
          "number",
          "null"
        ]
      },
      "isPowerMeasured": {
        "default": null,
        "description": "False: the watts are an estimate of Strava. Null: there are none, or it is not known.",
        "type": [
          "boolean",
          "null"
        ]
      },
      "workoutType": {
        "default": null,
        "description": "As the athlete marked it. `race`: a race; `long_run`: a long run; `workout`: planned training, such as intervals. null: not marked, or not known.",
        "anyOf": [
          {
            "type": "string"
          },
          {
            "type": "null"
          }
        ]
      },
      "energyKilojoules": {
        "description": "Kilojoules of work. null: not known.",
        "type": [
          "number",
          "null"
        ]
      },
      "relativeEffort": {
        "description": "Strava's score of how hard it was, from the heart rate. null: not known.",
        "type": [
          "number",
          "null"
        ]
      },
      "isManual": {
        "type": "boolean",
        "description": "Entered by hand, not recorded."
      },
      "isTrainer": {
        "type": "boolean",
        "description": "Done on a trainer, indoors."
      },
      "isCommute": {
        "type": "boolean",
        "description": "Marked as a way to work."
      },
      "visibility": {
        "anyOf": [
          {
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "description": "Who may see it at Strava. `everyone`: anybody; `followers_only`: the followers of the athlete; `only_me`: the athlete alone. null: not known."
      },
      "deviceName": {
        "description": "What recorded it; null: not known.",
        "type": [
          "string",
          "null"
        ]
      },
      "stravaUrl": {
        "type": "string",
        "format": "uri",
        "description": "Its page at Strava, to be linked as “View on Strava”."
      },
      "version": {
        "type": "integer",
        "exclusiveMinimum": 0,
        "maximum": 9007199254740991,
        "description": "Grows by one with each change; order events by it."
      },
      "firstIngestedAt": {
        "type": "string",
        "format": "date-time",
        "description": "When it was stored for the first time."
      },
      "updatedAt": {
        "type": "string",
        "format": "date-time",
        "description": "When it was stored or changed last."
      }
    },
    "required": [
      "id",
      "stravaActivityId",
      "source",
      "name",
      "sportType",
      "startedAt",
      "startedAtLocal",
      "timezone",
      "distanceMeters",
      "movingTimeSeconds",
      "elapsedTimeSeconds",
      "elevationGainMeters",
      "averageHeartRateBpm",
      "maxHeartRateBpm",
      "averageCadenceRpm",
      "averageWatts",
      "isPowerMeasured",
      "workoutType",
      "energyKilojoules",
      "relativeEffort",
      "isManual",
      "isTrainer",
      "isCommute",
      "visibility",
      "deviceName",
      "stravaUrl",
      "version",
      "firstIngestedAt",
      "updatedAt"
    ],
    "description": "A Strava activity as Slipstream stores and serves it, in SI units."
  },
  "athlete.linked": {
    "type": "object",
    "properties": {
      "athleteId": {
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]+$",
        "description": "Whose data it is: the id that Slipstream gave the athlete."
      },
      "linkId": {
        "type": "string",
        "description": "The link: one athlete joined to one Strava account. Consent given again keeps it; after an unlink there is a new one."
      },
      "stravaAthleteId": {
        "type": "string",
        "description": "Id of the athlete at Strava."
      },
      "scopes": {
        "type": "array",
        "items": {
          "type": "string"
        },
        "description": "What the athlete granted, as Strava names it."
      },
      "linkedAt": {
        "type": "string",
        "format": "date-time",
        "description": "When the athlete consented."
      }
    },
    "required": [
      "athleteId",
      "linkId",
      "stravaAthleteId",
      "scopes",
      "linkedAt"
    ]
  },
  "athlete.unlinked": {
    "type": "object",
    "properties": {
      "athleteId": {
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]+$",
        "description": "Whose data it is: the id that Slipstream gave the athlete."
      },
      "linkId": {
        "type": "string",
        "description": "The link: one athlete joined to one Strava account. Consent given again keeps it; after an unlink there is a new one."
      },
      "reason": {
        "type": "string",
        "description": "Why the data are deleted. `user`: the athlete disconnected, or the operator did it for them; `revoked_at_strava`: the athlete ended the access at Strava; `slot_freed`: kept for later, not sent yet; `policy`: the access stayed dead, and the time that data may be kept is over."
      },
      "receiptId": {
        "type": "string",
        "description": "The receipt, as in `GET /api/v1/strava/receipts/{id}`."
      },
      "unlinkedAt": {
        "type": "string",
        "format": "date-time",
        "description": "When the link ended."
      }
    },
    "required": [
      "athleteId",
      "linkId",
      "reason",
      "receiptId",
      "unlinkedAt"
    ]
  },
  "athlete.erased": {
    "type": "object",
    "properties": {
      "athleteId": {
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]+$",
        "description": "Whose data it is: the id that Slipstream gave the athlete."
      },
      "linkId": {
        "type": "string",
        "description": "The link: one athlete joined to one Strava account. Consent given again keeps it; after an unlink there is a new one."
      },
      "receiptId": {
        "type": "string",
        "description": "The receipt, as in `GET /api/v1/strava/receipts/{id}`."
      },
      "deleted": {
        "type": "object",
        "additionalProperties": {
          "type": "integer",
          "minimum": 0,
          "maximum": 9007199254740991
        },
        "description": "How many documents of each collection were deleted, and how many `events`."
      },
      "erasedAt": {
        "type": "string",
        "format": "date-time",
        "description": "When the last of it was deleted."
      }
    },
    "required": [
      "athleteId",
      "linkId",
      "receiptId",
      "deleted",
      "erasedAt"
    ],
    "description": "Ingestion deleted what it held of an unlinked athlete, or what came under a grant that stayed dead; completes the receipt."
  },
  "athlete.reauth_required": {
    "type": "object",
    "properties": {
      "athleteId": {
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]+$",
        "description": "Whose data it is: the id that Slipstream gave the athlete."
      },
      "linkId": {
        "type": "string",
        "description": "The link: one athlete joined to one Strava account. Consent given again keeps it; after an unlink there is a new one."
      },
      "code": {
        "type": "string",
        "description": "Why: a code of the error catalogue, such as `reauth_required` or `scope_missing`."
      },
      "since": {
        "type": "string",
        "format": "date-time",
        "description": "When the grant was seen to be lost."
      }
    },
    "required": [
      "athleteId",
      "linkId",
      "code",
      "since"
    ]
  },
  "sync.triggered": {
    "type": "object",
    "properties": {
      "athleteId": {
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]+$",
        "description": "Whose data it is: the id that Slipstream gave the athlete."
      },
      "linkId": {
        "type": "string",
        "description": "The link: one athlete joined to one Strava account. Consent given again keeps it; after an unlink there is a new one."
      },
      "runId": {
        "type": "string",
        "description": "The sync run, as in `GET /api/v1/strava/runs`."
      },
      "requestedAt": {
        "type": "string",
        "format": "date-time",
        "description": "When it was asked for."
      }
    },
    "required": [
      "athleteId",
      "linkId",
      "runId",
      "requestedAt"
    ]
  },
  "strava.notified": {
    "type": "object",
    "properties": {
      "athleteId": {
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]+$",
        "description": "Whose data it is: the id that Slipstream gave the athlete."
      },
      "linkId": {
        "type": "string",
        "description": "The link: one athlete joined to one Strava account. Consent given again keeps it; after an unlink there is a new one."
      },
      "inboxId": {
        "type": "string",
        "description": "The stored webhook."
      },
      "objectType": {
        "type": "string",
        "description": "What it is about. `activity`: one activity; `athlete`: the access that the athlete gave."
      },
      "objectId": {
        "type": "string",
        "description": "Id of the activity, or of the athlete, at Strava."
      },
      "aspectType": {
        "type": "string",
        "description": "What is said to have become of it. `create`: it is new; `update`: it changed (of an athlete: access was ended at Strava); `delete`: it is gone."
      },
      "eventTime": {
        "type": "string",
        "format": "date-time",
        "description": "When it happened, as Strava says."
      }
    },
    "required": [
      "athleteId",
      "linkId",
      "inboxId",
      "objectType",
      "objectId",
      "aspectType",
      "eventTime"
    ]
  },
  "sync.requested": {
    "type": "object",
    "properties": {
      "athleteId": {
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]+$",
        "description": "Whose data it is: the id that Slipstream gave the athlete."
      },
      "linkId": {
        "type": "string",
        "description": "The link: one athlete joined to one Strava account. Consent given again keeps it; after an unlink there is a new one."
      },
      "runId": {
        "type": "string",
        "description": "The sync run, as in `GET /api/v1/strava/runs`."
      },
      "lane": {
        "type": "string",
        "description": "How urgent the work is. `interactive`: somebody waits; `realtime`: a webhook of Strava told of something; `scheduled`: the regular turn of each athlete; `backfill`: history, not in use yet."
      },
      "cause": {
        "type": "string",
        "description": "Why the sync was asked for. `linked`: the athlete linked Strava; `manual`: a person asked; `hourly`: the regular turn of the athlete, which comes less often where the quota is short; `webhook`: Strava told of a change; `reconcile`: kept for later, not sent yet; `backfill`: kept for later, not sent yet."
      },
      "window": {
        "type": "object",
        "properties": {
          "after": {
            "type": "string",
            "format": "date-time",
            "description": "Activities that started at or after this time."
          },
          "before": {
            "type": "string",
            "format": "date-time",
            "description": "Activities that started before this time."
          }
        },
        "required": [
          "after",
          "before"
        ],
        "description": "The span of start times that the run looks at."
      },
      "activityIds": {
        "default": [],
        "description": "Of a webhook: ids of the activities asked for, at Strava; empty: the window.",
        "type": "array",
        "items": {
          "type": "string"
        }
      },
      "requestedVersion": {
        "type": "integer",
        "exclusiveMinimum": 0,
        "maximum": 9007199254740991,
        "description": "Slipstream's own count of what was asked for, for its services."
      },
      "laneVersion": {
        "default": 0,
        "description": "The want of the lane that the run was made for; 0: told by release 0.1.",
        "type": "integer",
        "minimum": 0,
        "maximum": 9007199254740991
      },
      "requestedAt": {
        "type": "string",
        "format": "date-time",
        "description": "When it was asked for."
      }
    },
    "required": [
      "athleteId",
      "linkId",
      "runId",
      "lane",
      "cause",
      "window",
      "activityIds",
      "requestedVersion",
      "laneVersion",
      "requestedAt"
    ]
  },
  "sync.progress": {
    "type": "object",
    "properties": {
      "athleteId": {
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]+$",
        "description": "Whose data it is: the id that Slipstream gave the athlete."
      },
      "runId": {
        "type": "string",
        "description": "The sync run, as in `GET /api/v1/strava/runs`."
      },
      "listed": {
        "type": "integer",
        "minimum": 0,
        "maximum": 9007199254740991,
        "description": "Activities that Strava has listed so far."
      },
      "stored": {
        "type": "integer",
        "minimum": 0,
        "maximum": 9007199254740991,
        "description": "How many of them are stored and up to date."
      },
      "estimatedFinishAt": {
        "anyOf": [
          {
            "type": "string",
            "format": "date-time"
          },
          {
            "type": "null"
          }
        ],
        "description": "When the run is expected to end; null: not known."
      },
      "state": {
        "default": null,
        "description": "What has become of the run. `queued`: not begun; `waiting`: may not go on now, `waitingFor` says why; `running`: at work; `finished`: it ended. null: told by a release before 0.2.",
        "anyOf": [
          {
            "type": "string"
          },
          {
            "type": "null"
          }
        ]
      },
      "waitingFor": {
        "default": null,
        "description": "null unless the run waits.",
        "anyOf": [
          {
            "type": "string",
            "description": "What the run waits for. `quota`: a share of what Strava lets the application ask; `strava`: Strava to answer again; `app`: the operator, as Strava refuses the application as a whole."
          },
          {
            "type": "null"
          }
        ]
      }
    },
    "required": [
      "athleteId",
      "runId",
      "listed",
      "stored",
      "estimatedFinishAt",
      "state",
      "waitingFor"
    ]
  },
  "sync.finished": {
    "type": "object",
    "properties": {
      "athleteId": {
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]+$",
        "description": "Whose data it is: the id that Slipstream gave the athlete."
      },
      "linkId": {
        "type": "string",
        "description": "The link: one athlete joined to one Strava account. Consent given again keeps it; after an unlink there is a new one."
      },
      "runId": {
        "type": "string",
        "description": "The sync run, as in `GET /api/v1/strava/runs`."
      },
      "requestedVersion": {
        "type": "integer",
        "exclusiveMinimum": 0,
        "maximum": 9007199254740991,
        "description": "Slipstream's own count of what was asked for, for its services."
      },
      "lane": {
        "default": null,
        "description": "null: told by release 0.1.",
        "anyOf": [
          {
            "type": "string",
            "description": "How urgent the work is. `interactive`: somebody waits; `realtime`: a webhook of Strava told of something; `scheduled`: the regular turn of each athlete; `backfill`: history, not in use yet."
          },
          {
            "type": "null"
          }
        ]
      },
      "laneVersion": {
        "default": 0,
        "description": "The want of the lane that the run was made for; 0: told by release 0.1.",
        "type": "integer",
        "minimum": 0,
        "maximum": 9007199254740991
      },
      "cause": {
        "default": null,
        "description": "null: told by release 0.1.",
        "anyOf": [
          {
            "type": "string",
            "description": "Why the sync was asked for. `linked`: the athlete linked Strava; `manual`: a person asked; `hourly`: the regular turn of the athlete, which comes less often where the quota is short; `webhook`: Strava told of a change; `reconcile`: kept for later, not sent yet; `backfill`: kept for later, not sent yet."
          },
          {
            "type": "null"
          }
        ]
      },
      "answers": {
        "default": {},
        "description": "What was wanted, by lane, and is answered by this run.",
        "type": "object",
        "additionalProperties": {
          "type": "integer",
          "minimum": 0,
          "maximum": 9007199254740991
        }
      },
      "outcome": {
        "type": "string",
        "description": "How the run ended. `succeeded`: all was looked at; `failed`: an error ended it; `cancelled`: the link went away; `reauth_required`: the grant is no longer good, the athlete has to consent again."
      },
      "window": {
        "type": "object",
        "properties": {
          "after": {
            "type": "string",
            "format": "date-time",
            "description": "Activities that started at or after this time."
          },
          "before": {
            "type": "string",
            "format": "date-time",
            "description": "Activities that started before this time."
          }
        },
        "required": [
          "after",
          "before"
        ],
        "description": "The span of start times that the run looks at."
      },
      "counts": {
        "type": "object",
        "properties": {
          "listed": {
            "type": "integer",
            "minimum": 0,
            "maximum": 9007199254740991,
            "description": "Activities that Strava listed."
          },
          "created": {
            "type": "integer",
            "minimum": 0,
            "maximum": 9007199254740991,
            "description": "Workouts stored for the first time."
          },
          "updated": {
            "type": "integer",
            "minimum": 0,
            "maximum": 9007199254740991,
            "description": "Stored workouts that changed."
          },
          "deleted": {
            "type": "integer",
            "minimum": 0,
            "maximum": 9007199254740991,
            "description": "Stored workouts that were removed."
          },
          "unchanged": {
            "type": "integer",
            "minimum": 0,
            "maximum": 9007199254740991,
            "description": "Stored workouts that were fetched again and are the same."
          },
          "calls": {
            "type": "integer",
            "minimum": 0,
            "maximum": 9007199254740991,
            "description": "Requests made to Strava."
          }
        },
        "required": [
          "listed",
          "created",
          "updated",
          "deleted",
          "unchanged",
          "calls"
        ],
        "description": "What the run did."
      },
      "startedAt": {
        "type": "string",
        "format": "date-time",
        "description": "When the run began."
      },
      "finishedAt": {
        "type": "string",
        "format": "date-time",
        "description": "When the run ended."
      },
      "durationMs": {
        "type": "integer",
        "minimum": 0,
        "maximum": 9007199254740991,
        "description": "Milliseconds from `startedAt` to `finishedAt`."
      }
    },
    "required": [
      "athleteId",
      "linkId",
      "runId",
      "requestedVersion",
      "lane",
      "laneVersion",
      "cause",
      "answers",
      "outcome",
      "window",
      "counts",
      "startedAt",
      "finishedAt",
      "durationMs"
    ]
  },
  "activity.ingested": {
    "type": "object",
    "properties": {
      "athleteId": {
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]+$",
        "description": "Whose data it is: the id that Slipstream gave the athlete."
      },
      "workoutId": {
        "type": "string",
        "description": "The workout; key your copy by it."
      },
      "stravaActivityId": {
        "type": "string",
        "description": "Id of the activity at Strava."
      },
      "version": {
        "type": "integer",
        "exclusiveMinimum": 0,
        "maximum": 9007199254740991,
        "description": "Version of the workout; grows by one with each change. Ignore what is older than your copy."
      },
      "cause": {
        "type": "string",
        "description": "Why the sync was asked for. `linked`: the athlete linked Strava; `manual`: a person asked; `hourly`: the regular turn of the athlete, which comes less often where the quota is short; `webhook`: Strava told of a change; `reconcile`: kept for later, not sent yet; `backfill`: kept for later, not sent yet."
      },
      "workout": {
        "$ref": "#/definitions/Workout"
      },
      "source": {
        "type": "string",
        "description": "Where the workout comes from."
      },
      "dataPolicy": {
        "type": "object",
        "properties": {
          "expiresAt": {
            "anyOf": [
              {
                "type": "string",
                "format": "date-time"
              },
              {
                "type": "null"
              }
            ],
            "description": "Delete your copy by then; null when the operator keeps data."
          },
          "noAi": {
            "type": "boolean",
            "const": true,
            "description": "Strava API Policy 5.3: no use in or for AI applications."
          }
        },
        "required": [
          "expiresAt",
          "noAi"
        ],
        "description": "What you may do with your copy."
      },
      "latencyMs": {
        "type": "integer",
        "minimum": 0,
        "maximum": 9007199254740991,
        "description": "Milliseconds from the moment the sync was asked for, or the webhook arrived, to the stored change."
      }
    },
    "required": [
      "athleteId",
      "workoutId",
      "stravaActivityId",
      "version",
      "cause",
      "workout",
      "source",
      "dataPolicy",
      "latencyMs"
    ]
  },
  "activity.updated": {
    "type": "object",
    "properties": {
      "athleteId": {
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]+$",
        "description": "Whose data it is: the id that Slipstream gave the athlete."
      },
      "workoutId": {
        "type": "string",
        "description": "The workout; key your copy by it."
      },
      "stravaActivityId": {
        "type": "string",
        "description": "Id of the activity at Strava."
      },
      "version": {
        "type": "integer",
        "exclusiveMinimum": 0,
        "maximum": 9007199254740991,
        "description": "Version of the workout; grows by one with each change. Ignore what is older than your copy."
      },
      "cause": {
        "type": "string",
        "description": "Why the sync was asked for. `linked`: the athlete linked Strava; `manual`: a person asked; `hourly`: the regular turn of the athlete, which comes less often where the quota is short; `webhook`: Strava told of a change; `reconcile`: kept for later, not sent yet; `backfill`: kept for later, not sent yet."
      },
      "workout": {
        "$ref": "#/definitions/Workout"
      },
      "source": {
        "type": "string",
        "description": "Where the workout comes from."
      },
      "dataPolicy": {
        "type": "object",
        "properties": {
          "expiresAt": {
            "anyOf": [
              {
                "type": "string",
                "format": "date-time"
              },
              {
                "type": "null"
              }
            ],
            "description": "Delete your copy by then; null when the operator keeps data."
          },
          "noAi": {
            "type": "boolean",
            "const": true,
            "description": "Strava API Policy 5.3: no use in or for AI applications."
          }
        },
        "required": [
          "expiresAt",
          "noAi"
        ],
        "description": "What you may do with your copy."
      },
      "latencyMs": {
        "type": "integer",
        "minimum": 0,
        "maximum": 9007199254740991,
        "description": "Milliseconds from the moment the sync was asked for, or the webhook arrived, to the stored change."
      },
      "changedFields": {
        "type": "array",
        "items": {
          "type": "string"
        },
        "description": "Names of the fields of `workout` that changed."
      }
    },
    "required": [
      "athleteId",
      "workoutId",
      "stravaActivityId",
      "version",
      "cause",
      "workout",
      "source",
      "dataPolicy",
      "latencyMs",
      "changedFields"
    ]
  },
  "activity.refreshed": {
    "type": "object",
    "properties": {
      "athleteId": {
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]+$",
        "description": "Whose data it is: the id that Slipstream gave the athlete."
      },
      "workoutId": {
        "type": "string",
        "description": "The workout; key your copy by it."
      },
      "stravaActivityId": {
        "type": "string",
        "description": "Id of the activity at Strava."
      },
      "version": {
        "type": "integer",
        "exclusiveMinimum": 0,
        "maximum": 9007199254740991,
        "description": "Version of the workout; grows by one with each change. Ignore what is older than your copy."
      },
      "dataPolicy": {
        "type": "object",
        "properties": {
          "expiresAt": {
            "anyOf": [
              {
                "type": "string",
                "format": "date-time"
              },
              {
                "type": "null"
              }
            ],
            "description": "Delete your copy by then; null when the operator keeps data."
          },
          "noAi": {
            "type": "boolean",
            "const": true,
            "description": "Strava API Policy 5.3: no use in or for AI applications."
          }
        },
        "required": [
          "expiresAt",
          "noAi"
        ],
        "description": "What you may do with your copy."
      }
    },
    "required": [
      "athleteId",
      "workoutId",
      "stravaActivityId",
      "version",
      "dataPolicy"
    ],
    "description": "Fetched again and unchanged: a copy may be kept until then."
  },
  "activity.deleted": {
    "type": "object",
    "properties": {
      "athleteId": {
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]+$",
        "description": "Whose data it is: the id that Slipstream gave the athlete."
      },
      "workoutId": {
        "type": "string",
        "description": "The workout; key your copy by it."
      },
      "stravaActivityId": {
        "type": "string",
        "description": "Id of the activity at Strava."
      },
      "version": {
        "type": "integer",
        "exclusiveMinimum": 0,
        "maximum": 9007199254740991,
        "description": "Version of the workout; grows by one with each change. Ignore what is older than your copy."
      },
      "reason": {
        "type": "string",
        "description": "Why it was removed. More reasons may be added. `deleted_at_strava`: Strava says that it is gone, or does not show it any more; `not_visible`: kept for later, not sent yet; `expired`: it could not be fetched again within the time that the data policy allows; `outside_window`: it started before the window of days that Slipstream keeps."
      }
    },
    "required": [
      "athleteId",
      "workoutId",
      "stravaActivityId",
      "version",
      "reason"
    ]
  }
}
