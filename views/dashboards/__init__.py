"""Dashboards: tiles over several views, narrowed together by period and department."""
