// Made from the contracts by `npm run generate`; not to be edited.

export const eventSchemas = {
  "Workout": {
    "type": "object",
    "properties": {
      "id": {
        "type": "string"
      },
      "stravaActivityId": {
        "type": "string"
      },
      "source": {
        "type": "string"
      },
      "name": {
        "type": "string"
      },
      "sportType": {
        "type": "string",
        "description": "Open list: Strava adds sports without notice."
      },
      "startedAt": {
        "type": "string",
        "format": "date-time"
      },
      "startedAtLocal": {
        "type": "string",
        "pattern": "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}$",
        "description": "Wall-clock time where the activity took place, without offset."
      },
      "timezone": {
        "description": "IANA name, for example America/New_York.",
        "type": [
          "string",
          "null"
        ]
      },
      "distanceMeters": {
        "type": "number",
        "description": "0 as well where it is not known."
      },
      "movingTimeSeconds": {
        "type": "number",
        "description": "0 as well where it is not known."
      },
      "elapsedTimeSeconds": {
        "type": "number",
        "description": "0 as well where it is not known."
      },
      "elevationGainMeters": {
        "type": "number",
        "description": "0 as well where it is not known."
      },
      "averageHeartRateBpm": {
        "type": [
          "number",
          "null"
        ]
      },
      "maxHeartRateBpm": {
        "type": [
          "number",
          "null"
        ]
      },
      "averageCadenceRpm": {
        "description": "As Strava gives it: for runs, one leg.",
        "type": [
          "number",
          "null"
        ]
      },
      "averageWatts": {
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
        "description": "As the athlete marked it.",
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
        "type": [
          "number",
          "null"
        ]
      },
      "relativeEffort": {
        "type": [
          "number",
          "null"
        ]
      },
      "isManual": {
        "type": "boolean"
      },
      "isTrainer": {
        "type": "boolean"
      },
      "isCommute": {
        "type": "boolean"
      },
      "visibility": {
        "anyOf": [
          {
            "type": "string"
          },
          {
            "type": "null"
          }
        ]
      },
      "deviceName": {
        "type": [
          "string",
          "null"
        ]
      },
      "stravaUrl": {
        "type": "string",
        "format": "uri"
      },
      "version": {
        "type": "integer",
        "exclusiveMinimum": 0,
        "maximum": 9007199254740991,
        "description": "Grows by one with each change; order events by it."
      },
      "firstIngestedAt": {
        "type": "string",
        "format": "date-time"
      },
      "updatedAt": {
        "type": "string",
        "format": "date-time"
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
    ]
  },
  "athlete.linked": {
    "type": "object",
    "properties": {
      "athleteId": {
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]+$"
      },
      "linkId": {
        "type": "string"
      },
      "stravaAthleteId": {
        "type": "string"
      },
      "scopes": {
        "type": "array",
        "items": {
          "type": "string"
        }
      },
      "linkedAt": {
        "type": "string",
        "format": "date-time"
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
        "pattern": "^[A-Za-z0-9_-]+$"
      },
      "linkId": {
        "type": "string"
      },
      "reason": {
        "type": "string"
      },
      "receiptId": {
        "type": "string"
      },
      "unlinkedAt": {
        "type": "string",
        "format": "date-time"
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
        "pattern": "^[A-Za-z0-9_-]+$"
      },
      "linkId": {
        "type": "string"
      },
      "receiptId": {
        "type": "string"
      },
      "deleted": {
        "type": "object",
        "additionalProperties": {
          "type": "integer",
          "minimum": 0,
          "maximum": 9007199254740991
        }
      },
      "erasedAt": {
        "type": "string",
        "format": "date-time"
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
        "pattern": "^[A-Za-z0-9_-]+$"
      },
      "linkId": {
        "type": "string"
      },
      "code": {
        "type": "string"
      },
      "since": {
        "type": "string",
        "format": "date-time"
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
        "pattern": "^[A-Za-z0-9_-]+$"
      },
      "linkId": {
        "type": "string"
      },
      "runId": {
        "type": "string"
      },
      "requestedAt": {
        "type": "string",
        "format": "date-time"
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
        "pattern": "^[A-Za-z0-9_-]+$"
      },
      "linkId": {
        "type": "string"
      },
      "inboxId": {
        "type": "string"
      },
      "objectType": {
        "type": "string"
      },
      "objectId": {
        "type": "string"
      },
      "aspectType": {
        "type": "string"
      },
      "eventTime": {
        "type": "string",
        "format": "date-time"
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
        "pattern": "^[A-Za-z0-9_-]+$"
      },
      "linkId": {
        "type": "string"
      },
      "runId": {
        "type": "string"
      },
      "lane": {
        "type": "string"
      },
      "cause": {
        "type": "string"
      },
      "window": {
        "type": "object",
        "properties": {
          "after": {
            "type": "string",
            "format": "date-time"
          },
          "before": {
            "type": "string",
            "format": "date-time"
          }
        },
        "required": [
          "after",
          "before"
        ]
      },
      "activityIds": {
        "default": [],
        "description": "Of a webhook: what is asked for; empty: the window.",
        "type": "array",
        "items": {
          "type": "string"
        }
      },
      "requestedVersion": {
        "type": "integer",
        "exclusiveMinimum": 0,
        "maximum": 9007199254740991
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
        "format": "date-time"
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
        "pattern": "^[A-Za-z0-9_-]+$"
      },
      "runId": {
        "type": "string"
      },
      "listed": {
        "type": "integer",
        "minimum": 0,
        "maximum": 9007199254740991
      },
      "stored": {
        "type": "integer",
        "minimum": 0,
        "maximum": 9007199254740991
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
        ]
      },
      "state": {
        "default": null,
        "description": "What has become of the run; null: told by a release before 0.2.",
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
        "anyOf": [
          {
            "type": "string"
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
        "pattern": "^[A-Za-z0-9_-]+$"
      },
      "linkId": {
        "type": "string"
      },
      "runId": {
        "type": "string"
      },
      "requestedVersion": {
        "type": "integer",
        "exclusiveMinimum": 0,
        "maximum": 9007199254740991
      },
      "lane": {
        "default": null,
        "description": "null: told by release 0.1.",
        "anyOf": [
          {
            "type": "string"
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
            "type": "string"
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
        "type": "string"
      },
      "window": {
        "type": "object",
        "properties": {
          "after": {
            "type": "string",
            "format": "date-time"
          },
          "before": {
            "type": "string",
            "format": "date-time"
          }
        },
        "required": [
          "after",
          "before"
        ]
      },
      "counts": {
        "type": "object",
        "properties": {
          "listed": {
            "type": "integer",
            "minimum": 0,
            "maximum": 9007199254740991
          },
          "created": {
            "type": "integer",
            "minimum": 0,
            "maximum": 9007199254740991
          },
          "updated": {
            "type": "integer",
            "minimum": 0,
            "maximum": 9007199254740991
          },
          "deleted": {
            "type": "integer",
            "minimum": 0,
            "maximum": 9007199254740991
          },
          "unchanged": {
            "type": "integer",
            "minimum": 0,
            "maximum": 9007199254740991
          },
          "calls": {
            "type": "integer",
            "minimum": 0,
            "maximum": 9007199254740991
          }
        },
        "required": [
          "listed",
          "created",
          "updated",
          "deleted",
          "unchanged",
          "calls"
        ]
      },
      "startedAt": {
        "type": "string",
        "format": "date-time"
      },
      "finishedAt": {
        "type": "string",
        "format": "date-time"
      },
      "durationMs": {
        "type": "integer",
        "minimum": 0,
        "maximum": 9007199254740991
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
        "pattern": "^[A-Za-z0-9_-]+$"
      },
      "workoutId": {
        "type": "string"
      },
      "stravaActivityId": {
        "type": "string"
      },
      "version": {
        "type": "integer",
        "exclusiveMinimum": 0,
        "maximum": 9007199254740991
      },
      "cause": {
        "type": "string"
      },
      "workout": {
        "$ref": "#/definitions/Workout"
      },
      "source": {
        "type": "string"
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
        ]
      },
      "latencyMs": {
        "type": "integer",
        "minimum": 0,
        "maximum": 9007199254740991,
        "description": "From the moment the sync was asked for to the stored change."
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
        "pattern": "^[A-Za-z0-9_-]+$"
      },
      "workoutId": {
        "type": "string"
      },
      "stravaActivityId": {
        "type": "string"
      },
      "version": {
        "type": "integer",
        "exclusiveMinimum": 0,
        "maximum": 9007199254740991
      },
      "cause": {
        "type": "string"
      },
      "workout": {
        "$ref": "#/definitions/Workout"
      },
      "source": {
        "type": "string"
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
        ]
      },
      "latencyMs": {
        "type": "integer",
        "minimum": 0,
        "maximum": 9007199254740991,
        "description": "From the moment the sync was asked for to the stored change."
      },
      "changedFields": {
        "type": "array",
        "items": {
          "type": "string"
        }
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
        "pattern": "^[A-Za-z0-9_-]+$"
      },
      "workoutId": {
        "type": "string"
      },
      "stravaActivityId": {
        "type": "string"
      },
      "version": {
        "type": "integer",
        "exclusiveMinimum": 0,
        "maximum": 9007199254740991
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
        ]
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
        "pattern": "^[A-Za-z0-9_-]+$"
      },
      "workoutId": {
        "type": "string"
      },
      "stravaActivityId": {
        "type": "string"
      },
      "version": {
        "type": "integer",
        "exclusiveMinimum": 0,
        "maximum": 9007199254740991
      },
      "reason": {
        "type": "string"
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
