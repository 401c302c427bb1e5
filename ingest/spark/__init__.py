"""The engine of a Spark cluster: executors decode and stage, the driver commits.

Every task of an executor reads what the driver names, writes files of its own below the run's
staging folder and answers with their names. A task that is done is done: a machine that is lost
later takes nothing with it, and what a lost task had written is named by nobody and deleted.
"""
