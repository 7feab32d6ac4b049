"""Works out, independently of the filter, who was assigned which device and who was on duty when."""
