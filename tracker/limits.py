"""Every limit of the product, by name. ``docs/limits.md`` is this table in words."""

from __future__ import annotations

# Text
NAME_LENGTH = 120  # characters in the name of a base, table, field, view …
TEXT_LENGTH = 10_000  # characters in a text value
LONG_TEXT_LENGTH = 100_000  # characters in a long text value
HELP_LENGTH = 1_000  # characters in help texts
BARCODE_LENGTH = 4_300  # characters in a barcode; a QR code holds no more
ADDRESS_LENGTH = 2_000  # characters in the address of a button
PLACE_LENGTH = 500  # characters in the words of a location

# Schema
TABLES_PER_BASE = 200
FIELDS_PER_TABLE = 300
OPTIONS_PER_CHOICE = 1_000
RATING_STARS = 10
LINKS_PER_RECORD = 500

# Conditions
CONDITION_DEPTH = 6
CONDITION_LEAVES = 60
CONDITION_VALUES = 1_000

# Reading
PAGE_ROWS = 500  # records in one answer
KEPT_ANSWERS = 400  # answers of long statements in memory, for as long as they hold
KEPT_ROWS = 200_000  # rows of all of them
SORTS = 5
SEARCH_LENGTH = 200
SEARCH_WORDS = 8  # words of a search that are looked at
SEARCH_GRAMS = 20_000  # different grams of one record in the index; with more it is always read
SEARCH_CANDIDATES = 20_000  # a search with more goes through the records instead of the index
GROUPS = 1_000  # groups in one chart or list
CALENDAR_EVENTS = 5_000  # records in one calendar answer
CALENDAR_LAYERS = 12  # tables and pairs of dates on one calendar
CALENDAR_SERIES = 1_000  # repeating records of one layer that an answer unrolls
DATE_RANGE_DAYS = 400  # days one calendar answer may span
CHART_GROUPS = 50  # groups a chart may show before the rest is put together
CHART_CELLS = 20_000  # groups times layers of one chart
CHART_MEASURES = 4  # measures of one chart
FUNNEL_STAGES = 30  # stages of a stage funnel or of time in stage
PIVOT_CELLS = 50_000  # groups that a pivot puts into rows and columns
PIVOT_COLUMNS = 40  # columns a pivot may show before the rest is put together
PIVOT_ROWS = 200  # rows of a pivot on one page
PIVOT_MEASURES = 3
KANBAN_COLUMNS = 60  # columns of a kanban, of people or departments those with most cards
KANBAN_CARDS = 50  # cards of one column that come at once
CARD_FIELDS = 8  # fields on a card
GALLERY_CARDS = 60  # cards of a gallery that come at once
DASHBOARD_TILES = 40
CHART_INDEXES = 8  # indexes of a table from which charts and pivots read their numbers
CHART_INDEXED = 50_000  # records from which on a table has them
CHART_RULES = 2  # fields of row rules in one of them
RULE_INDEXES = 6  # indexes of a table behind a row rule and a sort order together
TILE_RECORDS = 20  # records in one list of a dashboard
RENDERED_SECONDS = 60  # until a dashboard that is made for a mail is given up
RENDERED_BYTES = 10 * 1024 * 1024  # of one dashboard in a mail
RENDERED_IN_A_ROW = 20  # dashboards drawn by one browser, which then ends
RENDERED_PEOPLE = 200  # who get one dashboard in one run
SHARED_LINKS = 200  # links that open views of one base without an account
SHARED_DAYS = 366  # until such a link ends, at most
SHARED_ROWS = 100  # records on one page of it
SHARED_EXPORT_ROWS = 20_000  # records that a file from such a link has
SHARED_DOWNLOADS = 30  # files from one such link within SIGN_IN_WINDOW
SHARED_TRIES = 10  # wrong passwords from one address within SIGN_IN_WINDOW; ten times that in all
GRID_RECORDS = 2_000_000
FOUND_ROWS = 100_000  # rows that finding in a grid walks through
COMMENTS_SHOWN = 50  # comments of a record shown at once
GROUP_LEVELS = 3  # groups inside each other in a list
GRID_GROUPS = 20_000  # groups of a list, all levels' last ones counted
COLOUR_RULES = 20  # of one view
LIVE_RECORDS = 50  # changed records that an open page is told of one by one
FROZEN_COLUMNS = 5
TIMELINE_BARS = 5_000  # records in one answer of a timeline
TIMELINE_DAYS = 20_000  # days one answer of a timeline may span
TIMELINE_UNDATED = 50  # records without dates in one answer of a timeline
HIERARCHY_RECORDS = 20_000  # records below those of a page that its figures are made from
HIERARCHY_CHILDREN = 100  # records beneath one another in one answer of a hierarchy
HIERARCHY_OPENED = 2_000  # lines a hierarchy opens at once
CIRCLE_LINKS = 100_000  # links followed upwards from what one write changes, to refuse a circle
ROSTER_ENTITIES = 20_000  # values of a field listed by one roster; rosters of records are paged

# Writing
BULK_RECORDS = 5_000  # records in one paste or bulk edit
IDEMPOTENCY_DAYS = 40
RECOMPUTED_AT_ONCE = 5_000  # records of one computed field; the worker does what is more

# Recurrence
RECURRENCE_INTERVAL = 999  # days, weeks, months or years between two occurrences
RECURRENCE_COUNT = 366  # occurrences of a series that ends by number
RECURRENCE_EXCEPTIONS = 200  # days that a series leaves out
RECURRENCE_YEARS = 200  # how far ahead the next occurrence is looked for

# Files
FILE_BYTES = 25 * 1024 * 1024
FILES_PER_FIELD = 20
FILES_WAITING = 200  # uploads of one person that no record has taken yet
FILE_NAME_LENGTH = 180
PICTURE_PIXELS = 60_000_000  # a picture of more is kept, but not shown small

# Requests
BODY_BYTES = 64 * 1024 * 1024
UPLOAD_BYTES = 50 * 1024 * 1024
FORM_PARTS = 2_000

# Forms
FORM_QUESTIONS = 200
FORM_SECTIONS = 50
FORM_SUBMISSIONS = 240  # by one person within FORM_WINDOW; an offline queue empties in one go
FORM_WINDOW = 60  # seconds
FORM_OPTIONS = 200  # records or people that stand in the page; more are asked for by name

# People
PASSWORD_MIN = 8
PASSWORD_MAX = 256
SIGN_IN_TRIES = 10  # per account and address within SIGN_IN_WINDOW
SIGN_IN_WINDOW = 600  # seconds
SESSION_IDLE_DAYS = 14
SESSION_DAYS = 60
INVITATION_DAYS = 7
TOKENS_PER_PERSON = 50

# Automations
EVENT_DEPTH = 5
ACTIONS_PER_AUTOMATION = 20
RUNS_PER_HOUR = 200  # of one automation; beyond, it is paused
RECORDS_PER_RUN = 1_000  # records one scheduled run goes through
MESSAGES_PER_RUN = 5_000
ALERT_ANSWERS = 8  # answers an alert offers to choose from
ALERT_WORDS = 40  # characters of one of them
ALERT_ANSWER_LENGTH = 2_000
ALERT_DAYS = 365  # until which an answer is asked for
ALERTS_SHOWN = 50  # to answer, and answered ones of a record, shown at once
COMMENT_READERS = 50  # people told of one comment
OUTBOX_TRIES = 8

# Import
IMPORT_BYTES = 300 * 1024 * 1024  # a file read from the disk (an upload is held to UPLOAD_BYTES)
IMPORT_UNPACKED_BYTES = 1024 * 1024 * 1024  # what a workbook may unpack to, counted while reading
IMPORT_UNPACKED_RATIO = 100  # … beyond 64 MB: times the size of the file
IMPORT_SHEETS = 200
IMPORT_COLUMNS = 500  # columns with data in one table
IMPORT_ROWS = 2_000_000
IMPORT_CELLS = 20_000_000  # cells in one sheet, empty ones that the file names included
IMPORT_CELL_LENGTH = 1_000_000  # characters in one cell
IMPORT_TEXT_LENGTH = 400_000_000  # characters in one sheet together
IMPORT_MEMORY = 280 * 1024 * 1024  # bytes of the reading process
IMPORT_CPU_SECONDS = 150
IMPORT_WARNINGS = 10_000  # cells that a report tells one by one; more are only counted
IMPORT_SILENCE_SECONDS = 400  # the reading process may think this long without an answer

# API
API_REQUESTS = 500  # by one token within API_WINDOW, in one process
API_WINDOW = 10  # seconds
API_TOKENS_METERED = 10_000  # tokens whose requests are counted at once
API_PAGE = 100  # records in one answer
API_BATCH = 10  # records in one write
API_SCANNED = 20_000  # records one answer looks through for filterByFormula
API_FILE_HOURS = 2  # that the address of a file opens it, at least
API_CURSOR_HOURS = 24  # until the offset of a list is out of date
WEBHOOKS = 20  # of one person on one base
WEBHOOK_DAYS = 7  # until a webhook and its payloads end, unless refreshed
WEBHOOK_PAYLOADS = 50  # in one answer
WEBHOOK_TRIES = 13  # until an address that does not answer is called no more

# Backups
BACKUP_FILES = 500_000  # files in one backup

# Base files
BASEFILE_PARTS = 500_000  # parts of one archive, attached files among them
BASEFILE_UNPACKED_BYTES = 32 * 1024 * 1024 * 1024  # what a base file may unpack to, as counted
BASEFILE_RECORDS = 5_000_000

# Formulas
FORMULA_LENGTH = 10_000  # characters of a formula
FORMULA_DEPTH = 100  # brackets and functions inside each other
FORMULA_ARGUMENTS = 200  # arguments of one function
FORMULA_TEXT = 100_000  # characters of a text that a formula makes
FORMULA_WORK = 2_000_000  # characters that one computation of a formula may go through
FORMULA_PATTERN = 1_000  # characters of a regular expression
FORMULA_WORKDAYS = 20_000  # working days that are counted forward or back

# Excel round trip
TEMPLATE_LIST = 20_000  # entries of a drop-down; beyond, the column has none
TEMPLATE_NEW_ROWS = 500  # empty rows below the records that have drop-downs and checks
TEMPLATES_AT_ONCE = 500  # workbooks in one archive, one for each branch or person
ROUNDTRIP_FILES = 500  # filled-in workbooks in one upload
ROUNDTRIP_ROWS = 200_000  # rows in one upload, all workbooks together
ROUNDTRIP_NAMES = 500  # different unknown names that are offered to be settled
NEAR_NAMES = 100_000  # records among whose names near misses are looked for
RELATED_FILES = 40  # files that become linked tables in one go
RELATED_VALUES = 100_000  # different values of a column that may be a key or point to one
