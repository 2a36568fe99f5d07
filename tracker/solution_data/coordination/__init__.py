"""协同管理总部工作平台: how a securities house coordinates visits, activities and projects."""
